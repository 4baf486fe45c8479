/** Starts the language server, and shows in the status bar what it knows. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as vscode from "vscode";
import { LanguageClient, State } from "vscode-languageclient/node";
import type { ClientCapabilities, FeatureState, LanguageClientOptions, ServerOptions, StaticFeature } from "vscode-languageclient/node";
import { findServer } from "./server";
import { withOrigin } from "./settings";
import { render } from "./status";
import type { Lifecycle, ServerStatus } from "./status";

const LANGUAGES = ["sql", "pgsql", "postgres"];

let session: Session | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  session = new Session(context);
  context.subscriptions.push(session);
  await session.start();
}

export async function deactivate(): Promise<void> {
  await session?.stop();
}

/** One window's server, with what belongs to it. */
class Session implements vscode.Disposable {
  private readonly log = vscode.window.createOutputChannel("pgwright", { log: true });
  private readonly trace = vscode.window.createOutputChannel("pgwright (trace)", { log: true });
  private readonly item = vscode.window.createStatusBarItem("pgwright.status", vscode.StatusBarAlignment.Right, 90);
  private readonly disposables: vscode.Disposable[] = [this.log, this.trace, this.item];
  private client: LanguageClient | undefined;
  private lifecycle: Lifecycle = { state: "stopped" };
  private status: ServerStatus | undefined;
  /** Starts and stops follow one another, however fast they are asked for. */
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly context: vscode.ExtensionContext) {
    this.item.name = "pgwright";
    this.item.command = "pgwright.showLog";
    this.disposables.push(
      // pgwright.refreshSchema is not registered here: the server announces it, and the client then registers it.
      vscode.commands.registerCommand("pgwright.restart", () => this.restart()),
      vscode.commands.registerCommand("pgwright.showLog", () => this.log.show(true)),
      vscode.commands.registerCommand("pgwright.showSyntaxTree", () => this.showSyntaxTree()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        // The server is told of all other settings while it runs.
        if (event.affectsConfiguration("pgwright.server.path")) {
          void this.restart();
        }
      }),
    );
    this.show();
  }

  start(): Promise<void> {
    return this.enqueue(() => this.startNow());
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.stopNow());
  }

  restart(): Promise<void> {
    return this.enqueue(async () => {
      await this.stopNow();
      await this.startNow();
    });
  }

  /** Shows how the statement at the cursor was read, beside it. */
  private async showSyntaxTree(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const client = this.client;
    if (editor === undefined || client === undefined) {
      return;
    }
    const tree = await client.sendRequest<string | null>("pgwright/syntaxTree", {
      textDocument: { uri: client.code2ProtocolConverter.asUri(editor.document.uri) },
      position: client.code2ProtocolConverter.asPosition(editor.selection.active),
    });
    const shown = await vscode.workspace.openTextDocument({ language: "plaintext", content: tree ?? "no statement" });
    await vscode.window.showTextDocument(shown, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private enqueue(task: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(task, task);
    return this.queue;
  }

  private async startNow(): Promise<void> {
    const found = findServer({
      configured: settings().get("server.path", ""),
      extensionPath: this.context.extensionPath,
      workspaceFolder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
      home: os.homedir(),
      searchPath: process.env["PATH"] ?? "",
      platform: process.platform,
      isFile: (path) => fs.statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
    });
    if ("error" in found) {
      this.fail(found.error);
      return;
    }
    this.log.info(`starting ${found.command} (${found.source})`);
    if (found.source === "bundled") {
      makeExecutable(found.command);
    }

    const client = new LanguageClient("pgwright", "pgwright", serverOptions(found.command), this.clientOptions());
    client.registerFeature(new DocumentText());
    client.onRequest("pgwright/documentText", documentText);
    client.onNotification("pgwright/status", (status: ServerStatus) => {
      this.status = status;
      this.show();
    });
    client.onDidChangeState(({ newState }) => {
      if (client !== this.client) {
        return;
      }
      if (newState === State.Running) {
        this.change({ state: "running" });
      } else if (newState === State.Stopped) {
        this.status = undefined;
        this.change({ state: "stopped" });
      }
    });
    this.client = client;
    this.change({ state: "starting" });
    try {
      await client.start();
    } catch (error) {
      this.client = undefined;
      await client.dispose().catch(() => undefined);
      this.fail(`${found.command} could not be started: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.status = undefined;
    this.change({ state: "stopped" });
    // A server that does not answer any more is killed by the client after a while, and then this fails.
    await client?.dispose().catch((error: unknown) => this.log.warn(`the server did not stop well: ${String(error)}`));
  }

  private clientOptions(): LanguageClientOptions {
    return {
      documentSelector: LANGUAGES.flatMap((language) => [
        { scheme: "file", language },
        { scheme: "untitled", language },
      ]),
      initializationOptions: () => serverSettings(),
      middleware: {
        workspace: {
          configuration: async (params, token, next) => {
            const answers = await next(params, token);
            return Array.isArray(answers)
              ? answers.map((answer, n) =>
                  params.items[n]?.section === "pgwright" ? (serverSettings() as typeof answer) : answer,
                )
              : answers;
          },
          // The server asks for what it needs; an empty message only tells it to.
          didChangeConfiguration: async (_sections, next) => next(undefined),
        },
      },
      synchronize: { configurationSection: "pgwright" },
      outputChannel: this.log,
      traceOutputChannel: this.trace,
    };
  }

  private change(lifecycle: Lifecycle): void {
    this.lifecycle = lifecycle;
    void vscode.commands.executeCommand("setContext", "pgwright.running", lifecycle.state === "running");
    this.show();
  }

  private fail(reason: string): void {
    this.log.error(reason);
    this.change({ state: "failed", reason });
    // Not awaited: the message stays until the user closes it.
    void vscode.window.showErrorMessage(`pgwright: ${reason}`, "Open Settings", "Show Log").then((choice) => {
      if (choice === "Open Settings") {
        void vscode.commands.executeCommand("workbench.action.openSettings", "pgwright.server.path");
      } else if (choice === "Show Log") {
        this.log.show(true);
      }
    });
  }

  private show(): void {
    const { text, tooltip, severity } = render(this.lifecycle, this.status);
    this.item.text = text;
    this.item.tooltip = new vscode.MarkdownString(tooltip);
    this.item.backgroundColor =
      severity === "none" ? undefined : new vscode.ThemeColor(`statusBarItem.${severity}Background`);
    this.item.show();
  }
}

function settings(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration("pgwright");
}

/** The settings as the server takes them. */
function serverSettings(): unknown {
  // JSON takes the methods off the configuration object.
  const plain = JSON.parse(JSON.stringify(settings())) as Record<string, unknown>;
  return withOrigin(plain, settings().inspect("database.url"));
}

/** Tells the server that it may ask for the text of an open document. */
class DocumentText implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    const experimental = (capabilities.experimental ?? {}) as object;
    capabilities.experimental = { ...experimental, pgwright: { documentText: true } };
  }
  initialize(): void {}
  getState(): FeatureState {
    return { kind: "static" };
  }
  clear(): void {}
}

/** The whole text of a document, which the server asks for when an edit did not fit what it knew. */
function documentText({ uri }: { uri: string }): { version: number; text: string } {
  const wanted = vscode.Uri.parse(uri).toString();
  const document = vscode.workspace.textDocuments.find((it) => it.uri.toString() === wanted);
  if (document === undefined) {
    throw new Error(`${uri} is not open`);
  }
  return { version: document.version, text: document.getText() };
}

function serverOptions(command: string): ServerOptions {
  return { command, args: ["lsp"], options: { env: { ...process.env } } };
}

/** Not every way of unpacking a VSIX keeps the mode of the program in it. */
function makeExecutable(command: string): void {
  try {
    fs.accessSync(command, fs.constants.X_OK);
  } catch {
    try {
      fs.chmodSync(command, 0o755);
    } catch {
      // Starting it fails then, with the system's own message.
    }
  }
}
