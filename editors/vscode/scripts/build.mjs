// Bundles the extension into dist/extension.js, and with --tests the tests into out/test.
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const common = { bundle: true, platform: "node", format: "cjs", target: "node20", logLevel: "warning", absWorkingDir: root };

await build({
  ...common,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  external: ["vscode"],
  minify: true,
  // Names stay readable in the stack traces that users send.
  keepNames: true,
  sourcemap: false,
});

if (process.argv.includes("--tests")) {
  rmSync(join(root, "out/test"), { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: readdirSync(join(root, "test"))
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => `test/${name}`),
    outdir: "out/test",
    packages: "external",
    sourcemap: "inline",
  });
}
