import assert from "node:assert/strict";
import { test } from "node:test";
import { render } from "../src/status";
import type { ServerStatus } from "../src/status";

const running = { state: "running" } as const;

function status(schema: Partial<ServerStatus["schema"]>, database: Partial<ServerStatus["database"]> = {}): ServerStatus {
  return {
    schema: { source: "none", relations: 0, migrations: 0, ...schema },
    database: { state: "none", server: null, message: null, ...database },
  };
}

test("the way to a running server", () => {
  assert.match(render({ state: "starting" }, undefined).text, /loading/);
  assert.equal(render({ state: "stopped" }, undefined).text, "pgwright: stopped");
  const failed = render({ state: "failed", reason: "no program" }, undefined);
  assert.equal(failed.severity, "error");
  assert.equal(failed.tooltip, "no program");
  assert.equal(render(running, undefined).text, "pgwright");
});

test("migrations alone", () => {
  const rendered = render(running, status({ source: "migrations", relations: 1234, migrations: 12 }));
  assert.equal(rendered.text, "pgwright: 12 migrations");
  assert.match(rendered.tooltip, /1,234 relations from 12 migrations/);
  assert.match(rendered.tooltip, /Database: none configured/);
  assert.equal(rendered.severity, "none");
  assert.equal(render(running, status({ source: "migrations", migrations: 1 })).text, "pgwright: 1 migration");
});

test("SQL files", () => {
  assert.equal(render(running, status({ source: "files", relations: 7 })).text, "pgwright: 7 relations");
});

test("a database", () => {
  const database = { state: "connected", server: "PostgreSQL 18.4" } as const;
  assert.equal(render(running, status({ source: "database" }, database)).text, "pgwright: $(database) PostgreSQL 18.4");
  assert.equal(
    render(running, status({ source: "migrations", migrations: 12 }, database)).text,
    "pgwright: 12 migrations $(database) PostgreSQL 18.4",
  );
  assert.match(render(running, status({}, { state: "connecting" })).text, /connecting/);
});

test("a database that cannot be reached is a warning with its reason", () => {
  const rendered = render(
    running,
    status({ source: "migrations", migrations: 12 }, { state: "unreachable", message: "connection *refused*" }),
  );
  assert.equal(rendered.severity, "warning");
  assert.equal(rendered.text, "pgwright: 12 migrations $(warning) no database");
  assert.ok(rendered.tooltip.includes("cannot be reached: connection \\*refused\\*"), rendered.tooltip);
});

test("no schema at all", () => {
  const rendered = render(running, status({}));
  assert.equal(rendered.text, "pgwright: no schema");
  assert.match(rendered.tooltip, /not reported/);
});
