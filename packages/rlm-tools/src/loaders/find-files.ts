import type { Dirent } from "node:fs";
import { glob, readdir, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { InputError } from "rlm-core";
import { ignoreFiles } from "./ignore-files.ts";
import { readProblem } from "./read-problem.ts";
import { UnreadError } from "./unread.ts";

/** A file of a context. */
export interface FoundFile {
  path: string;
  /** Its path from the working folder, with slashes: the key in the REPL. */
  key: string;
  /** Named by itself, so that it is an error if it is no text. */
  named: boolean;
  /** A pipe such as /dev/fd/63, which can be read once. */
  pipe?: boolean;
}

export interface FoundFiles {
  files: FoundFile[];
  /** Whether a folder or a glob may stand for several files. */
  many: boolean;
  /** What of folders and globs was left out, in words. */
  skipped: string[];
}

/** The files that a path stands for: itself, those of a folder at any depth, or of a glob; in the order of their names. Throws InputError. */
export async function findFiles(given: string, cwd: string, signal?: AbortSignal): Promise<FoundFiles> {
  const path = resolve(cwd, given);
  const found = await stat(path).catch((cause: unknown) => {
    if (isMissing(cause) && /[*?[{]/.test(given)) return undefined;
    throw readProblem(given, cause);
  });
  if (found?.isDirectory()) return await inFolder(path, given, cwd, signal);
  if (found === undefined) return await byGlob(given, cwd, signal);
  if (found.isFIFO()) return { files: [{ path, key: given, named: true, pipe: true }], many: false, skipped: [] };
  if (!found.isFile()) throw new InputError(`Cannot read the context ${given}: it is neither a file nor a folder`);
  return { files: [{ path, key: keyOf(path, cwd), named: true }], many: false, skipped: [] };
}

async function inFolder(folder: string, given: string, cwd: string, signal?: AbortSignal): Promise<FoundFiles> {
  const files: FoundFile[] = [];
  const left = createLeftOut();
  const ignored = await ignoreFiles(folder);
  const walk = async (at: string): Promise<void> => {
    signal?.throwIfAborted();
    await ignored.enter(at);
    for (const entry of await entriesOf(at)) {
      const path = join(at, entry.name);
      if (left.out(entry.name)) continue;
      if (ignored.ignores(path, entry.isDirectory())) {
        left.other("entry that .gitignore leaves out");
        continue;
      }
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) files.push({ path, key: keyOf(path, cwd), named: false });
      else left.other(entry.isSymbolicLink() ? "symbolic link" : "entry that is no file");
    }
  };
  const entriesOf = async (at: string): Promise<Dirent[]> => {
    try {
      return await readdir(at, { withFileTypes: true });
    } catch (cause) {
      const problem = readProblem(keyOf(at, cwd), cause);
      if (at === folder) throw problem;
      if (problem instanceof UnreadError) left.other("folder that this user may not read");
      else if (isMissing(cause)) left.other("folder that cannot be found by its name");
      else throw problem;
      return [];
    }
  };
  await walk(folder);
  if (files.length === 0)
    throw new InputError(`Cannot read the context ${given}: the folder has no files${inBrackets(left.words())}`);
  return { files: inOrder(files), many: true, skipped: left.words() };
}

async function byGlob(pattern: string, cwd: string, signal?: AbortSignal): Promise<FoundFiles> {
  const files: FoundFile[] = [];
  const left = createLeftOut();
  // Who names a hidden or foreign folder means it.
  const asked = new Set(pattern.split(/[\\/]/));
  const out = (name: string): boolean =>
    !asked.has(name) && !(name.startsWith(".") && pattern.includes(`${sep}.`)) && left.out(name);
  const entries = glob(pattern, {
    cwd,
    withFileTypes: true,
    exclude: (entry) => entry.name !== "." && out(entry.name),
  });
  for await (const entry of entries) {
    signal?.throwIfAborted();
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.push({ path, key: keyOf(path, cwd), named: false });
    else if (entry.isSymbolicLink()) left.other("symbolic link");
  }
  if (files.length === 0)
    throw new InputError(`Cannot read the context ${pattern}: no file matches it${inBrackets(left.words())}`);
  return { files: inOrder(files), many: true, skipped: left.words() };
}

const foreign = new Set([".git", "node_modules"]);

/** Counts what is left out: others' code, and hidden files, which may hold secrets. */
function createLeftOut(): { out(name: string): boolean; other(what: string): void; words(): string[] } {
  const names = new Set<string>();
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  return {
    out(name) {
      if (foreign.has(name)) names.add(name);
      else if (name.startsWith(".")) count("hidden file or folder");
      else return false;
      return true;
    },
    other: count,
    words: () => [
      ...[...names].sort(),
      ...[...counts].map(([what, number]) => `${number} ${number === 1 ? what : plurals[what]}`),
    ],
  };
}

const plurals: Record<string, string> = {
  "hidden file or folder": "hidden files or folders",
  "symbolic link": "symbolic links",
  "folder that this user may not read": "folders that this user may not read",
  "folder that cannot be found by its name": "folders that cannot be found by their names",
  "entry that is no file": "entries that are no files",
  "entry that .gitignore leaves out": "entries that .gitignore leaves out",
};

function inBrackets(words: string[]): string {
  return words.length === 0 ? "" : ` (left out: ${words.join(", ")})`;
}

function inOrder(files: FoundFile[]): FoundFile[] {
  // By code units: the same everywhere, whatever the locale.
  return files.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function keyOf(path: string, cwd: string): string {
  const key = relative(cwd, path);
  return (isAbsolute(key) ? path : key).replaceAll(sep, "/");
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR");
}
