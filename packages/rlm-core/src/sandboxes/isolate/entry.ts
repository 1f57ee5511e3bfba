import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { readablePaths } from "../../confined/readable-paths.ts";

/** What a child process runs, and the paths that it has to read for that. */
export interface Entry {
  file: string;
  readable: string[];
}

/** The program of the sandbox's processes: the file beside this one, or, bundled, that of the installed rlm-core. */
export function childEntry(): Entry {
  const [, folder, extension] = /^(.*\/sandboxes\/isolate\/)entry\.([jt]s)$/.exec(import.meta.url) ?? [];
  const beside = folder === undefined ? undefined : new URL(`child.${extension}`, folder);
  const file = fileURLToPath(
    beside !== undefined && existsSync(beside) ? beside : import.meta.resolve("rlm-core/isolate-child"),
  );
  const code = dirname(dirname(dirname(file)));
  // By the last isolated-vm's loader tells which C library there is.
  return { file, readable: [...readablePaths(code, dirname(code)), "/etc/alpine-release"] };
}
