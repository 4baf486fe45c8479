import assert from "node:assert/strict";
import { test } from "node:test";
import { findServer } from "../src/server";
import type { Lookup } from "../src/server";

function lookup(files: string[], changes: Partial<Lookup> = {}): Lookup {
  return {
    configured: "",
    extensionPath: "/ext",
    workspaceFolder: "/work/shop",
    home: "/home/me",
    searchPath: "/usr/local/bin:/usr/bin",
    platform: "linux",
    isFile: (path) => files.includes(path),
    ...changes,
  };
}

const everywhere = ["/opt/pgwright", "/ext/server/pgwright", "/usr/bin/pgwright"];

test("the setting comes first", () => {
  const found = findServer(lookup(everywhere, { configured: " /opt/pgwright " }));
  assert.deepEqual(found, { command: "/opt/pgwright", source: "setting" });
});

test("a setting that names nothing is an error, not a reason to run something else", () => {
  const found = findServer(lookup(everywhere, { configured: "/opt/missing" }));
  assert.ok("error" in found);
  assert.match(found.error, /\/opt\/missing/);
  assert.match(found.error, /pgwright\.server\.path/);
});

test("the setting knows the home and the workspace folder", () => {
  for (const [configured, command] of [
    ["~/bin/pgwright", "/home/me/bin/pgwright"],
    ["${workspaceFolder}/target/release/pgwright", "/work/shop/target/release/pgwright"],
    ["target/release/pgwright", "/work/shop/target/release/pgwright"],
  ] as const) {
    assert.deepEqual(findServer(lookup([command], { configured })), { command, source: "setting" });
  }
});

test("then the bundled one, then the one on PATH", () => {
  assert.deepEqual(findServer(lookup(everywhere)), { command: "/ext/server/pgwright", source: "bundled" });
  assert.deepEqual(findServer(lookup(["/usr/bin/pgwright"])), { command: "/usr/bin/pgwright", source: "PATH" });
});

test("what lies in the current folder is not run", () => {
  const found = findServer(lookup(["pgwright", "./pgwright", "bin/pgwright"], { searchPath: ":.:bin" }));
  assert.ok("error" in found);
  assert.match(found.error, /pgwright\.server\.path/);
});

test("Windows has its own names and separators", () => {
  const windows: Partial<Lookup> = { platform: "win32", extensionPath: "C:\\ext", searchPath: "C:\\a;C:\\b" };
  assert.deepEqual(findServer(lookup(["C:\\ext\\server\\pgwright.exe"], windows)), {
    command: "C:\\ext\\server\\pgwright.exe",
    source: "bundled",
  });
  assert.deepEqual(findServer(lookup(["C:\\b\\pgwright.exe"], windows)), {
    command: "C:\\b\\pgwright.exe",
    source: "PATH",
  });
});
