import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

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
  return { file, readable: readablePaths(file) };
}

/** The package's code and manifest, and the packages that it depends on: nothing else of the machine. */
function readablePaths(file: string): string[] {
  const code = dirname(dirname(dirname(file)));
  const root = dirname(code);
  const paths = new Set([code, join(root, "package.json")]);
  addDependencies(root, paths);
  // By it isolated-vm's loader tells which C library there is.
  paths.add("/etc/alpine-release");
  return [...paths];
}

// Node looks for a package in every node_modules on the way up and ends at the first look that it is not allowed:
// so each place where one could be is readable, up to where it is.
function addDependencies(folder: string, paths: Set<string>, seen = new Set<string>()): void {
  if (seen.has(folder)) return;
  seen.add(folder);
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    for (const parent of upwards(folder)) {
      const place = join(parent, "node_modules", name);
      paths.add(place);
      if (!existsSync(join(place, "package.json"))) continue;
      const real = realpathSync(place);
      paths.add(real);
      addDependencies(real, paths, seen);
      break;
    }
  }
}

function* upwards(folder: string): Generator<string> {
  yield folder;
  if (dirname(folder) !== folder) yield* upwards(dirname(folder));
}
