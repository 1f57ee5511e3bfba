import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Every path in a package's `exports` has to lead to a file, and to load, from source and from dist. */
const problems = readdirSync("packages").flatMap((name) => {
  const folder = join("packages", name);
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { exports: Exports };
  const missing = Object.values(exports)
    .flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)))
    .filter((target) => !existsSync(join(folder, target)))
    .map((target) => `${name}: exports names ${target}, which is not there`);
  const paths = Object.keys(exports).map((path) => name + path.slice(1));
  return [...missing, ...loadProblems(folder, paths, []), ...loadProblems(folder, paths, ["-C", "rlm-source"])];
});

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

type Exports = Record<string, string | Record<string, string>>;

/** Imports the paths inside of the package, which knows itself by its name. A program is resolved only, for it would run. */
function loadProblems(folder: string, paths: string[], conditions: string[]): string[] {
  const script = `
    for (const path of ${JSON.stringify(paths)}) {
      const isProgram = ["rlm-core/isolate-child", "rlm-core/confined-program"].includes(path);
      const options = path.endsWith(".json") ? { with: { type: "json" } } : {};
      try { isProgram ? import.meta.resolve(path) : await import(path, options); }
      catch (error) { console.log(path + " ${conditions.length > 0 ? "from source" : "from dist"}: " + error.message); }
    }`;
  const args = [...conditions, "--no-node-snapshot", "--input-type=module", "--eval", script];
  return execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" })
    .split("\n")
    .filter((line) => line !== "");
}
