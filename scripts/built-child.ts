import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { TestProject } from "vitest/node";

const core = resolve(import.meta.dirname, "../packages/rlm-core");
// In place of `dist`, so that the sandbox finds itself and its dependencies as it does there.
const built = join(core, ".built");
const entry = "sandboxes/isolate/entry";

/** What finds the program of the sandbox's processes, in the sources and as {@link setup} has made it. */
export const entryUrls = { source: `/rlm-core/src/${entry}.ts`, built: pathToFileURL(join(built, `${entry}.js`)).href };

/**
 * The program of the sandbox's processes, its types taken out before the tests run: they start it more than a thousand times,
 * and Node would do the same with the same fifty files each time, which takes it longer than all else of a start.
 */
export function setup(project: TestProject): void {
  const build = (): void => {
    const done = new Set<string>();
    for (const path of ["sandboxes/isolate/child.ts", `${entry}.ts`]) strip(path, done);
  };
  build();
  project.onTestsRerun(build);
}

/** Lets the sandbox of tests take itself for built: it starts the program that {@link setup} has made. */
export function builtChild(): { name: string; transform(code: string, id: string): string | undefined } {
  return {
    name: "built-child",
    transform(code, id) {
      if (!id.endsWith(entryUrls.source)) return undefined;
      if (!code.includes("import.meta.url"))
        throw new Error(`Cannot start the built child: ${id} asks not where it is`);
      return code.replaceAll("import.meta.url", JSON.stringify(entryUrls.built));
    },
  };
}

/** A source as Node would run it, and those that it imports. */
function strip(path: string, done: Set<string>): void {
  if (done.has(path)) return;
  done.add(path);
  const code = stripTypeScriptTypes(readFileSync(join(core, "src", path), "utf8"));
  for (const [, imported = ""] of code.matchAll(importPath)) strip(join(dirname(path), `${imported}.ts`), done);
  save(join(built, path.replace(/\.ts$/, ".js")), code.replaceAll(importPath, 'from "$1.js"'));
}

const importPath = /\bfrom "(\.[^"]+)\.ts"/g;

/** Renamed when it is whole: another run of the tests may be reading it. */
function save(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
}
