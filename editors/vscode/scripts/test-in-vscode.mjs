// Runs test/in-vscode inside a real VS Code: code-server's build of it, in a headless Chromium, with the packaged
// extension on a copy of the demo's shop.
//
//   .ci/install.sh vscode-test && npm run test-in-vscode
//
// The binary is $PGWRIGHT_BINARY, or ../../target/release/pgwright.
import { spawn, spawnSync, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const TIMEOUT_MS = 240_000;
const STEPS = ["diagnostic", "completion", "hover", "fix", "inlay hint", "structure", "code action", "status bar", "commands", "restart"];

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const repository = join(root, "../..");
const serverMain = join(repository, ".tools/code-server/node_modules/code-server/lib/vscode/out/server-main.js");
const browserPath = process.env.PGWRIGHT_CHROMIUM ?? "/usr/bin/chromium";
for (const file of [serverMain, browserPath]) {
  if (!existsSync(file)) {
    console.error(`${file} is missing; run .ci/install.sh vscode-test`);
    process.exit(1);
  }
}

const temp = mkdtempSync(join(tmpdir(), "pgwright-in-vscode-"));
const report = join(temp, "report");
const shop = join(temp, "shop");
let server;
let browser;
let serverLog = "";
const browserLog = [];

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function until(what, condition, end) {
  while (!(await condition())) {
    if (Date.now() > end) {
      throw new Error(`waited in vain for ${what}`);
    }
    if (server.exitCode !== null) {
      throw new Error("VS Code's server ended");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const written = () => (existsSync(report) ? readFileSync(report, "utf8") : "");

/** The end of every log of the extension host and its extensions. */
function hostLogs(folder) {
  let text = "";
  for (const entry of existsSync(folder) ? readdirSync(folder, { withFileTypes: true, recursive: true }) : []) {
    if (entry.isFile() && /(remoteexthost|pgwright.*|1-pgwright)\.log$/.test(entry.name)) {
      text += `--- ${entry.name} ---\n${readFileSync(join(entry.parentPath, entry.name), "utf8").slice(-6000)}\n`;
    }
  }
  return text;
}

async function main() {
  const end = Date.now() + TIMEOUT_MS;
  cpSync(join(repository, "tests/demo/shop"), shop, { recursive: true });

  await build({
    entryPoints: [join(root, "test/in-vscode/index.ts")],
    outfile: join(temp, "tests/index.js"),
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["vscode"],
    logLevel: "warning",
  });
  const vsix = join(temp, "pgwright.vsix");
  const packaged = spawnSync(process.execPath, [join(root, "scripts/package.mjs"), "--out", vsix], { encoding: "utf8" });
  if (packaged.status !== 0) {
    throw new Error(packaged.stdout + packaged.stderr);
  }

  // Nothing of the user's: no settings, no extensions, no database.
  const env = {
    PATH: process.env.PATH,
    HOME: temp,
    LANG: "C.UTF-8",
    PGWRIGHT_TEST_REPORT: report,
  };
  const folders = [
    ["--server-data-dir", join(temp, "server")],
    ["--user-data-dir", join(temp, "user")],
    ["--extensions-dir", join(temp, "extensions")],
  ].flat();
  mkdirSync(join(temp, "extensions"));
  // Installed as a user would, so that it is VS Code that unpacks the package.
  execFileSync(process.execPath, [serverMain, ...folders, "--install-extension", vsix], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });

  const port = await freePort();
  server = spawn(
    process.execPath,
    [
      serverMain,
      ...["--host", "127.0.0.1", "--port", String(port)],
      ...folders,
      "--without-connection-token",
      "--accept-server-license-terms",
      "--telemetry-level",
      "off",
      "--disable-workspace-trust",
      "--enable-smoke-test-driver",
    ],
    { env, stdio: ["ignore", "pipe", "pipe"] },
  );
  for (const stream of [server.stdout, server.stderr]) {
    stream.on("data", (data) => (serverLog += data));
  }
  const address = `127.0.0.1:${port}`;
  await until(
    "VS Code's server",
    () => fetch(`http://${address}/version`).then((answer) => answer.ok, () => false),
    end,
  );

  // The test module is the entry point of an extension of its own, which holds nothing else.
  browser = await chromium.launch({
    executablePath: browserPath,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  const page = await browser.newPage();
  page.on("console", (message) => browserLog.push(message.text()));
  page.on("pageerror", (error) => browserLog.push(String(error)));
  // What VS Code's own test driver calls.
  await page.exposeFunction("codeAutomationLog", (type, args) => browserLog.push(`${type} ${JSON.stringify(args)}`));
  let exited = false;
  await page.exposeFunction("codeAutomationExit", () => (exited = true));
  const payload = [
    ["extensionDevelopmentPath", `vscode-remote://${address}${temp}/tests`],
    ["extensionTestsPath", `vscode-remote://${address}${temp}/tests/index.js`],
    ["skipWelcome", "true"],
  ];
  const query = new URLSearchParams({ folder: shop, payload: JSON.stringify(payload) });
  await page.goto(`http://${address}/?${query}`);
  const statusBar = page.locator(".statusbar-item", { hasText: /pgwright: \d+ migrations/ });
  await until("the question for the status bar", () => exited || existsSync(`${report}.look`), end);
  await until("the status bar", async () => exited || (await statusBar.count()) > 0, end);
  if (process.env.PGWRIGHT_SCREENSHOT) {
    await page.screenshot({ path: process.env.PGWRIGHT_SCREENSHOT });
  }
  writeFileSync(`${report}.seen`, "");
  await until("the end of the report", () => exited || /^done$/m.test(written()), end);
}

let failure;
try {
  await main();
} catch (error) {
  failure = error;
}
const lines = written().trim().split("\n");
const expected = [...STEPS.map((step) => `ok ${step}`), "extension pgwright", "done"];
const passed =
  failure === undefined &&
  lines.length === expected.length &&
  expected.every((line, index) => lines[index].startsWith(line)) &&
  / active$/.test(lines.at(-2));
console.log(lines.join("\n"));
if (!passed) {
  console.error(failure ?? "the report is not what it should be");
  console.error(`--- VS Code's server ---\n${serverLog.slice(-3000)}`);
  console.error(`--- the browser ---\n${browserLog.join("\n").slice(-3000)}`);
  console.error(hostLogs(join(temp, "server")) + hostLogs(join(temp, "user")));
}
await browser?.close().catch(() => undefined);
if (server && server.exitCode === null) {
  const ended = new Promise((resolve) => server.on("exit", resolve));
  server.kill();
  const killer = setTimeout(() => server.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(killer);
}
rmSync(temp, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
process.exitCode = passed ? 0 : 1;
