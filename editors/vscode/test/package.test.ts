/** Packages the extension as it would be published, and looks into the package. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { before, after, test } from "node:test";
import * as yauzl from "yauzl";

const root = path.join(__dirname, "../..");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pgwright-vsix-"));
const vsix = path.join(folder, "pgwright.vsix");
const unpacked = path.join(folder, "unpacked");
const binary = process.env["PGWRIGHT_BINARY"] ?? path.join(root, "../../target/release/pgwright");

const modes = new Map<string, number>();

function unpack(): Promise<void> {
  return new Promise((resolve, reject) => {
    yauzl.open(vsix, { lazyEntries: true }, (error, zip) => {
      if (error) {
        return reject(error);
      }
      zip.on("error", reject);
      zip.on("end", resolve);
      zip.on("entry", (entry: yauzl.Entry) => {
        const mode = entry.externalFileAttributes >>> 16;
        modes.set(entry.fileName, mode);
        zip.openReadStream(entry, (failure, stream) => {
          if (failure) {
            return reject(failure);
          }
          const target = path.join(unpacked, entry.fileName);
          fs.mkdirSync(path.dirname(target), { recursive: true });
          stream.on("error", reject);
          stream.pipe(fs.createWriteStream(target, { mode: mode & 0o777 })).on("close", () => zip.readEntry());
        });
      });
      zip.readEntry();
    });
  });
}

before(async () => {
  const made = spawnSync(process.execPath, [path.join(root, "scripts/package.mjs"), "--out", vsix], { encoding: "utf8" });
  assert.equal(made.status, 0, made.stdout + made.stderr);
  await unpack();
});

after(() => fs.rmSync(folder, { recursive: true, force: true }));

test("the package has what it needs, and nothing else", () => {
  assert.deepEqual([...modes.keys()].sort(), [
    "[Content_Types].xml",
    "extension.vsixmanifest",
    "extension/LICENSE.txt",
    "extension/dist/extension.js",
    "extension/package.json",
    "extension/readme.md",
    "extension/server/pgwright",
  ]);
});

test("the package is for this platform", () => {
  const manifest = fs.readFileSync(path.join(unpacked, "extension.vsixmanifest"), "utf8");
  assert.match(manifest, new RegExp(`TargetPlatform="${process.platform}-${process.arch}"`));
});

test("the server in it is the one that was built, and runs", () => {
  const server = path.join(unpacked, "extension/server/pgwright");
  assert.equal((modes.get("extension/server/pgwright") ?? 0) & 0o111, 0o111);
  assert.equal(fs.statSync(server).size, fs.statSync(binary).size);
  execFileSync(server, ["--version"], { stdio: ["ignore", "pipe", "inherit"], timeout: 10_000 });
});

test("the bundle loads where only `vscode` is there", () => {
  const script = `
    const Module = require("node:module");
    const load = Module._load;
    // Whatever is asked of it is a class, a function and a namespace at once.
    const anything = () => new Proxy(class {}, {
      get: (target, key) => key in target || typeof key === "symbol" ? target[key] : (target[key] = anything()),
    });
    const vscode = anything();
    Module._load = (name, ...rest) => name === "vscode" ? vscode : load(name, ...rest);
    const { activate, deactivate } = require(process.argv[1]);
    console.log(typeof activate, typeof deactivate);
  `;
  const bundle = path.join(unpacked, "extension/dist/extension.js");
  const output = execFileSync(process.execPath, ["-e", script, bundle], { encoding: "utf8", cwd: folder });
  assert.equal(output.trim(), "function function");
});

test("every setting and command says what it is for", () => {
  const manifest = JSON.parse(fs.readFileSync(path.join(unpacked, "extension/package.json"), "utf8"));
  const properties = manifest.contributes.configuration.properties as Record<string, Record<string, unknown>>;
  for (const [name, property] of Object.entries(properties)) {
    assert.ok(property["description"] ?? property["markdownDescription"], name);
    assert.notEqual(property["default"], undefined, name);
  }
  for (const command of manifest.contributes.commands) {
    assert.ok(command.title && command.category === "pgwright", command.command);
  }
});
