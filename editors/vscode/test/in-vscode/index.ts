/**
 * Runs inside VS Code's extension host, in a copy of the demo's shop; scripts/test-in-vscode.mjs starts it.
 * Every step writes `ok <step>` or `failed <step>: <why>` to the report; `done` is the last line.
 */

import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";

const PATIENCE_MS = 30_000;

const report = process.env["PGWRIGHT_TEST_REPORT"] ?? "";
const folder = vscode.workspace.workspaceFolders?.[0]?.uri as vscode.Uri;

function say(line: string): void {
  fs.appendFileSync(report, `${line}\n`);
}

async function eventually<T>(what: () => string, condition: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await condition();
    if (value !== undefined) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`waited in vain for ${what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function open(file: string): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder, file));
  assert.equal(document.languageId, "sql");
  return vscode.window.showTextDocument(document);
}

/** Where a piece of text begins. */
function find(document: vscode.TextDocument, needle: string): vscode.Position {
  const offset = document.getText().indexOf(needle);
  assert.notEqual(offset, -1, needle);
  return document.positionAt(offset);
}

function diagnostics(document: vscode.TextDocument): string[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .map((it) => `${typeof it.code === "object" ? it.code.value : it.code} at "${document.getText(it.range)}"`);
}

async function actions(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.CodeAction[]> {
  // The last argument: how many actions to resolve.
  return vscode.commands.executeCommand("vscode.executeCodeActionProvider", document.uri, range, undefined, 20);
}

const steps: [string, () => Promise<void>][] = [
  [
    "diagnostic",
    async () => {
      const { document } = await open("queries/orders_by_customer.sql");
      const found = await eventually(
        () => "a diagnostic",
        () => (diagnostics(document).length > 0 ? diagnostics(document) : undefined),
      );
      assert.equal(found.length, 1, found.join());
      assert.match(found[0] ?? "", /^42703 at "(o\.)?totl_cents"$/);
    },
  ],
  [
    "completion",
    async () => {
      const { document } = await open("queries/orders_by_customer.sql");
      const list: vscode.CompletionList = await vscode.commands.executeCommand(
        "vscode.executeCompletionItemProvider",
        document.uri,
        find(document, "totl_cents"),
      );
      const labels = list.items.map(({ label }) => (typeof label === "string" ? label : label.label));
      for (const expected of ["total_cents", "customer_id", "shipping_address_id"]) {
        assert.ok(labels.includes(expected), `no ${expected} among ${labels.join()}`);
      }
    },
  ],
  [
    "hover",
    async () => {
      const { document } = await open("queries/orders_by_customer.sql");
      const hovers: vscode.Hover[] = await vscode.commands.executeCommand(
        "vscode.executeHoverProvider",
        document.uri,
        find(document, "orders o").translate(0, 2),
      );
      const text = hovers
        .flatMap((hover) => hover.contents)
        .map((content) => (typeof content === "string" ? content : content.value))
        .join("\n");
      for (const expected of ["total_cents", "customer_id", "order_status"]) {
        assert.ok(text.includes(expected), `no ${expected} in ${text}`);
      }
    },
  ],
  [
    "fix",
    async () => {
      const { document } = await open("queries/orders_by_customer.sql");
      const at = find(document, "totl_cents").translate(0, 2);
      const all = await actions(document, new vscode.Range(at, at));
      const fix = all.find(({ title }) => title.includes("total_cents"));
      assert.ok(fix?.edit, all.map(({ title }) => title).join());
      await vscode.workspace.applyEdit(fix.edit);
      assert.ok(document.getText().includes("o.total_cents,"));
      await eventually(
        () => `no diagnostic any more, but there is ${diagnostics(document).join()}`,
        () => (diagnostics(document).length === 0 ? true : undefined),
      );
    },
  ],
  [
    "inlay hint",
    async () => {
      const { document } = await open("db/migrations/0006_order_numbers.sql");
      const whole = new vscode.Range(0, 0, document.lineCount, 0);
      const hints: vscode.InlayHint[] = await vscode.commands.executeCommand(
        "vscode.executeInlayHintProvider",
        document.uri,
        whole,
      );
      const labels = hints.map(({ label }) => (typeof label === "string" ? label : label.map((it) => it.value).join("")));
      assert.equal(labels.filter((label) => label.includes("ACCESS EXCLUSIVE")).length, 2, labels.join());
    },
  ],
  [
    "structure",
    async () => {
      const { document } = await open("queries/revenue.sql");
      const symbols: vscode.DocumentSymbol[] = await vscode.commands.executeCommand(
        "vscode.executeDocumentSymbolProvider",
        document.uri,
      );
      const names = symbols.flatMap(({ name, children }) => [name, ...children.map((child) => child.name)]);
      assert.ok(names.includes("monthly"), names.join());
      const folds: vscode.FoldingRange[] = await vscode.commands.executeCommand(
        "vscode.executeFoldingRangeProvider",
        document.uri,
      );
      assert.ok(folds.length > 0);
      const legend: vscode.SemanticTokensLegend = await vscode.commands.executeCommand(
        "vscode.provideDocumentSemanticTokensLegend",
        document.uri,
      );
      const tokens: vscode.SemanticTokens = await vscode.commands.executeCommand(
        "vscode.provideDocumentSemanticTokens",
        document.uri,
      );
      const words = new Map<string, string>();
      let [line, character] = [0, 0];
      for (let n = 0; n < tokens.data.length; n += 5) {
        const [lines = 0, characters = 0, length = 0, type = 0] = tokens.data.slice(n, n + 4);
        character = lines === 0 ? character + characters : characters;
        line += lines;
        const word = document.getText(new vscode.Range(line, character, line, character + length));
        words.set(word, legend.tokenTypes[type] ?? "");
      }
      assert.equal(words.get("monthly"), "interface", JSON.stringify([...words]));
      await vscode.commands.executeCommand("pgwright.showSyntaxTree");
      await eventually(
        () => "the syntax tree",
        () => vscode.workspace.textDocuments.find((it) => it.getText().includes("common_table_expr")),
      );
    },
  ],
  [
    "code action",
    async () => {
      const { document } = await open("queries/open_orders.sql");
      const at = find(document, "status = 'pending'");
      const all = await actions(document, new vscode.Range(at, at));
      const action = all.find(({ title }) => title.startsWith("Add partial index"));
      assert.ok(action?.edit, `no edit among ${all.map(({ title }) => title).join()}`);
      assert.ok(await vscode.workspace.applyEdit(action.edit));
      const created = vscode.workspace.textDocuments.find(({ fileName }) =>
        /\/db\/migrations\/0013[^/]*\.sql$/.test(fileName),
      );
      const sql = created?.getText() ?? "";
      assert.match(sql, /CREATE INDEX CONCURRENTLY[^;]*customer_id[^;]*WHERE[^;]*status = 'pending'/is);
    },
  ],
  [
    "status bar",
    async () => {
      const { document } = await open("queries/revenue.sql");
      find(document, "monthly");
      // An extension cannot look at the window; the script that runs this one can.
      fs.writeFileSync(`${report}.look`, "");
      await eventually(
        () => "the status bar",
        () => (fs.existsSync(`${report}.seen`) ? true : undefined),
      );
    },
  ],
  [
    "commands",
    async () => {
      const known = await vscode.commands.getCommands(true);
      for (const command of ["pgwright.restart", "pgwright.showLog", "pgwright.refreshSchema", "pgwright.showSyntaxTree"]) {
        assert.ok(known.includes(command), command);
      }
      await vscode.commands.executeCommand("pgwright.refreshSchema");
      await vscode.commands.executeCommand("pgwright.showLog");
    },
  ],
  [
    "restart",
    async () => {
      const { document } = await open("queries/stock.sql");
      await vscode.commands.executeCommand("pgwright.restart");
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, new vscode.Position(0, 0), "SELECT totl_cents FROM orders;\n");
      await vscode.workspace.applyEdit(edit);
      const found = await eventually(
        () => "a diagnostic from the new server",
        () => (diagnostics(document).length > 0 ? diagnostics(document) : undefined),
      );
      assert.deepEqual(found, ['42703 at "totl_cents"']);
    },
  ],
];

export async function run(): Promise<void> {
  for (const [name, step] of steps) {
    try {
      await step();
      say(`ok ${name}`);
    } catch (error) {
      say(`failed ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const extension = vscode.extensions.getExtension("pgwright.pgwright");
  say(`extension ${path.basename(extension?.extensionPath ?? "none")} ${extension?.isActive ? "active" : "inactive"}`);
  say("done");
}
