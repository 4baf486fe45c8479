/** What the server is told of the settings. */

import * as assert from "node:assert/strict";
import { test } from "node:test";
import { withOrigin } from "../src/settings";

const settings = { database: { url: "postgresql://db/shop", enabled: true }, rules: {} };

test("a URL in the user's settings is the user's", () => {
  assert.deepEqual(withOrigin(settings, { workspaceValue: undefined }), {
    database: { url: "postgresql://db/shop", enabled: true, urlFrom: "user" },
    rules: {},
  });
});

test("a URL in the settings of the workspace or of a folder is not", () => {
  for (const inspected of [{ workspaceValue: "postgresql://x/y" }, { workspaceFolderValue: "postgresql://x/y" }]) {
    assert.deepEqual(withOrigin(settings, inspected)["database"], { ...settings.database, urlFrom: "workspace" });
  }
});

test("an empty one there names nothing", () => {
  assert.deepEqual(withOrigin({}, { workspaceValue: "" }), { database: { urlFrom: "user" } });
  assert.deepEqual(withOrigin({}, undefined), { database: { urlFrom: "user" } });
});
