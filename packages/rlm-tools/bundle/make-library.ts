import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

/** A library as text, and the packages of npm that are inside of it, as folders. */
export interface Library {
  text: string;
  packages: string[];
}

/** Bundles `entries/<name>.ts` to one expression whose value is what it exports as `library`. */
export function makeLibrary(name: string): Library {
  const { outputFiles, metafile } = buildSync({
    entryPoints: [join(here, "entries", `${name}.ts`)],
    bundle: true,
    write: false,
    metafile: true,
    absWorkingDir: here,
    minify: true,
    format: "iife",
    globalName: "bundle",
    platform: "neutral",
    // What is made for browsers asks for nothing of Node.
    mainFields: ["module", "browser", "main"],
    target: "es2024",
    // One byte a character, on the way into the sandbox and in it.
    charset: "ascii",
    legalComments: "none",
    inject: [join(here, "text-coding.ts")],
    logLevel: "error",
  });
  const folders = Object.keys(metafile.inputs).flatMap(
    (path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  );
  return {
    text: `(() => { ${outputFiles[0]?.text ?? ""}; return bundle.library; })()`,
    packages: [...new Set(folders)].toSorted().map((folder) => join(here, folder)),
  };
}

/** The licence of a package, with its name. */
export function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<
    string,
    string
  >;
  const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license"]
    .map((each) => join(folder, each))
    .find((each) => existsSync(each));
  if (file === undefined) throw new Error(`Cannot bundle ${name}: it has no licence in ${relative(here, folder)}`);
  return `## ${name} ${version} (${license})\n\n${readFileSync(file, "utf8").trim()}\n`;
}

/** Renamed when it is whole: several processes may make it at once. */
export function save(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  try {
    writeFileSync(unfinished, text);
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

const [, program, name, path] = process.argv;
if (program === fileURLToPath(import.meta.url) && name !== undefined && path !== undefined)
  save(path, makeLibrary(name).text);
