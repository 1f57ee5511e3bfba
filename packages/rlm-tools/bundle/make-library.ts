import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

/** Bundles `entries/<name>.ts` to one expression whose value is what it exports as `library`, and writes it to `path`. */
export function makeLibrary(name: string, path: string): void {
  const { outputFiles } = buildSync({
    entryPoints: [join(here, "entries", `${name}.ts`)],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    globalName: "bundle",
    platform: "neutral",
    // What is made for browsers asks for nothing of Node.
    mainFields: ["module", "browser", "main"],
    target: "es2024",
    // One byte a character, on the way into the sandbox and in it.
    charset: "ascii",
    legalComments: "inline",
    inject: [join(here, "text-coding.ts")],
    logLevel: "error",
  });
  const text = `(() => { ${outputFiles[0]?.text ?? ""}; return bundle.library; })()`;
  mkdirSync(dirname(path), { recursive: true });
  // Several processes may make it at once; each puts a whole one in place.
  const unfinished = `${path}.${process.pid}`;
  try {
    writeFileSync(unfinished, text);
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

const [, program, name, path] = process.argv;
if (program === fileURLToPath(import.meta.url) && name !== undefined && path !== undefined) makeLibrary(name, path);
