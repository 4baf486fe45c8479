/** Where the server's program is. No VS Code in here, so that it is tested as it is. */

import * as path from "node:path";

export interface Lookup {
  /** The setting `pgwright.server.path`. */
  configured: string;
  /** The folder that this extension was installed into. */
  extensionPath: string;
  /** The first workspace folder, if there is one. */
  workspaceFolder: string | undefined;
  home: string;
  /** The environment's `PATH`. */
  searchPath: string;
  platform: NodeJS.Platform;
  /** Whether there is a file that could be run. */
  isFile(path: string): boolean;
}

export type Found = { command: string; source: "setting" | "bundled" | "PATH" } | { error: string };

/** The program that the setting names, or else the one in this extension, or else the one on the search path. */
export function findServer(lookup: Lookup): Found {
  const windows = lookup.platform === "win32";
  const paths = windows ? path.win32 : path.posix;
  const executable = windows ? "pgwright.exe" : "pgwright";

  const configured = lookup.configured.trim();
  if (configured !== "") {
    const command = expand(configured, lookup, paths);
    if (lookup.isFile(command)) {
      return { command, source: "setting" };
    }
    return { error: `There is no program at ${command}, which the setting pgwright.server.path names.` };
  }

  const bundled = paths.join(lookup.extensionPath, "server", executable);
  if (lookup.isFile(bundled)) {
    return { command: bundled, source: "bundled" };
  }

  for (const folder of lookup.searchPath.split(paths.delimiter)) {
    // An empty entry would mean the current folder: what lies there is not run unasked.
    if (paths.isAbsolute(folder)) {
      const command = paths.join(folder, executable);
      if (lookup.isFile(command)) {
        return { command, source: "PATH" };
      }
    }
  }
  return {
    error:
      "The program pgwright was not found: it is not part of this extension's package for your platform, and not " +
      "on PATH. Install it (cargo install --path .), or name it in the setting pgwright.server.path.",
  };
}

function expand(configured: string, lookup: Lookup, paths: path.PlatformPath): string {
  let result = configured;
  if (result === "~" || result.startsWith("~/") || result.startsWith("~\\")) {
    result = paths.join(lookup.home, result.slice(1));
  }
  if (lookup.workspaceFolder !== undefined) {
    // A function, because a replacement text would have its own `$` read.
    const folder = lookup.workspaceFolder;
    result = result.replaceAll("${workspaceFolder}", () => folder);
    return paths.resolve(folder, result);
  }
  return result;
}
