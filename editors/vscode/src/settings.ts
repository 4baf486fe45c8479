/** What the server is told of the settings. No VS Code in here, so that it is tested as it is. */

/** Where the values of a setting come from, as `WorkspaceConfiguration.inspect` tells it. */
export interface Inspected {
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

/**
 * The settings with `database.urlFrom`: a URL that a workspace brings along is not the user's word, and the server
 * gives it no password from the user's environment.
 */
export function withOrigin(settings: Record<string, unknown>, url: Inspected | undefined): Record<string, unknown> {
  const database = typeof settings["database"] === "object" ? settings["database"] : {};
  const fromWorkspace = isSet(url?.workspaceValue) || isSet(url?.workspaceFolderValue);
  return { ...settings, database: { ...database, urlFrom: fromWorkspace ? "workspace" : "user" } };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== "";
}
