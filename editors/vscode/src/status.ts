/** What the status bar says. No VS Code in here, so that it is tested as it is. */

/** The parameters of the server's notification `pgwright/status`. */
export interface ServerStatus {
  schema: {
    source: "migrations" | "files" | "database" | "none";
    relations: number;
    migrations: number;
  };
  database: {
    state: "none" | "connecting" | "connected" | "unreachable";
    /** What the server calls itself, e.g. `PostgreSQL 18.4`. */
    server: string | null;
    /** Why it cannot be reached. */
    message: string | null;
  };
}

export type Lifecycle = { state: "starting" | "stopped" } | { state: "failed"; reason: string } | { state: "running" };

export interface Rendered {
  text: string;
  /** Markdown. */
  tooltip: string;
  severity: "none" | "warning" | "error";
}

/** The status bar item for what is known; `status` is what the server said last, if it did. */
export function render(lifecycle: Lifecycle, status: ServerStatus | undefined): Rendered {
  switch (lifecycle.state) {
    case "starting":
      return { text: "$(loading~spin) pgwright", tooltip: "pgwright is starting", severity: "none" };
    case "stopped":
      return { text: "pgwright: stopped", tooltip: "The server was stopped", severity: "none" };
    case "failed":
      return { text: "$(error) pgwright", tooltip: escape(lifecycle.reason), severity: "error" };
  }
  if (status === undefined) {
    return { text: "pgwright", tooltip: "pgwright is running", severity: "none" };
  }

  const lines = [schemaLine(status), databaseLine(status)];
  if (status.schema.source === "none") {
    lines.push("Without a schema, unknown names are not reported.");
  }
  return {
    text: `pgwright: ${[schemaText(status), databaseText(status)].filter((part) => part !== "").join(" ")}`,
    tooltip: lines.filter((line) => line !== "").join("\n\n"),
    severity: status.database.state === "unreachable" ? "warning" : "none",
  };
}

function schemaText({ schema, database }: ServerStatus): string {
  switch (schema.source) {
    case "migrations":
      return count(schema.migrations, "migration");
    case "files":
      return count(schema.relations, "relation");
    case "database":
      return "";
    case "none":
      return database.state === "none" ? "no schema" : "";
  }
}

function databaseText({ database }: ServerStatus): string {
  switch (database.state) {
    case "none":
      return "";
    case "connecting":
      return "$(sync~spin) connecting";
    case "connected":
      return `$(database) ${database.server ?? "connected"}`;
    case "unreachable":
      return "$(warning) no database";
  }
}

function schemaLine({ schema }: ServerStatus): string {
  const relations = count(schema.relations, "relation");
  switch (schema.source) {
    case "migrations":
      return `Schema: ${relations} from ${count(schema.migrations, "migration")}`;
    case "files":
      return `Schema: ${relations} from SQL files`;
    case "database":
      return `Schema: ${relations} from the database`;
    case "none":
      return "Schema: none was found";
  }
}

function databaseLine({ database }: ServerStatus): string {
  const message = database.message ? `: ${escape(database.message)}` : "";
  switch (database.state) {
    case "none":
      return "Database: none configured";
    case "connecting":
      return `Database: connecting${message}`;
    case "connected":
      return `Database: ${escape(database.server ?? "connected")}${message}`;
    case "unreachable":
      return `Database: cannot be reached${message}`;
  }
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** Text as Markdown that shows just it. */
function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~$&]/g, "\\$&");
}
