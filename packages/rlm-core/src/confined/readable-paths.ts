import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a process has to read to run the code below `code`: that, the manifest of its package `root`, and the packages that this depends on; nothing else of the machine. */
export function readablePaths(code: string, root: string): string[] {
  const paths = new Set([code, join(root, "package.json")]);
  addDependencies(root, paths);
  return [...paths];
}

// Node looks for a package in every node_modules on the way up and ends at the first look that it is not allowed:
// so each place where one could be is readable, up to where it is.
function addDependencies(folder: string, paths: Set<string>, seen = new Set<string>()): void {
  if (seen.has(folder)) return;
  seen.add(folder);
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
    peerDependencies?: Record<string, string>;
  };
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
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
