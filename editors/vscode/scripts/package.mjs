// Packages the extension with the server's binary: pgwright-<platform>-<version>.vsix.
//
//   node scripts/package.mjs [--out FILE]
//
// The binary is $PGWRIGHT_BINARY, or ../../target/release/pgwright.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const executable = process.platform === "win32" ? "pgwright.exe" : "pgwright";
const binary = resolve(process.env.PGWRIGHT_BINARY || join(root, "../../target/release", executable));
if (!existsSync(binary)) {
  console.error(`package: no server at ${binary}; run \`cargo build --release\`, or set PGWRIGHT_BINARY`);
  process.exit(1);
}

const target = `${process.platform}-${process.arch === "arm" ? "armhf" : process.arch}`;
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const option = process.argv.indexOf("--out");
const out = option > 0 ? resolve(process.argv[option + 1]) : join(root, `pgwright-${target}-${version}.vsix`);

rmSync(join(root, "server"), { recursive: true, force: true });
mkdirSync(join(root, "server"), { recursive: true });
copyFileSync(binary, join(root, "server", executable));
chmodSync(join(root, "server", executable), 0o755);
mkdirSync(dirname(out), { recursive: true });

const node = (script, ...args) =>
  execFileSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
node("scripts/build.mjs");
node(
  "node_modules/@vscode/vsce/vsce",
  "package",
  // Everything the extension needs is in the bundle.
  "--no-dependencies",
  "--allow-missing-repository",
  "--target",
  target,
  "--out",
  out,
);
