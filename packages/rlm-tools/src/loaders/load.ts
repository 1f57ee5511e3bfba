import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { file, InputError, textEncodings } from "rlm-core";
import { findAll } from "./find-all.ts";
import type { FoundFile } from "./find-files.ts";
import type { Loaded, LoadOptions } from "./loaded.ts";
import { openDocument, type OpeningDocument } from "./open-document.ts";
import { readAll } from "./read-all.ts";
import { readDocument } from "./read-document.ts";
import { textShelf } from "./text-shelf.ts";

/**
 * Reads files, folders, globs and "-" (stdin) into one context for a run: text of any encoding, Markdown, source code, CSV, TSV,
 * JSON, JSON Lines, and the readable text of HTML, PDF and Word documents. Of folders, hidden files, symbolic links, `.git`,
 * `node_modules` and what `.gitignore` files leave out are not looked at. What is more than its text is converted in a confined
 * process, at most 100 MB, 60 s and 1,000 MB of memory each; text of any length is not held in memory.
 * One file that cannot be read is told in `unread`. Throws InputError where a path does not exist or nothing at all can be read.
 */
export async function load(paths: string | readonly string[], options: LoadOptions = {}): Promise<Loaded> {
  const given = typeof paths === "string" ? [paths] : paths;
  check(given, options);
  const { cwd = process.cwd(), encoding, signal, onProgress } = options;
  const temporary = temporaryFolder();
  const newFile = options.newFile ?? temporary.newFile;
  try {
    const { files, alone, leftOut } = await findAll(given, { ...options, cwd, newFile });
    const opening = { encoding, signal, shelf: textShelf(newFile) };
    const [only] = files;
    const read =
      alone && only !== undefined
        ? await readAlone(only, opening, onProgress)
        : await readAll(files, { ...opening, newFile, onProgress });
    return { ...read, leftOut, remove: temporary.remove };
  } catch (error) {
    temporary.remove();
    throw error;
  }
}

type Read = Omit<Loaded, "leftOut" | "remove">;

/** One file is its text; a table or JSON what it holds. */
async function readAlone(
  found: FoundFile,
  options: OpeningDocument,
  onProgress: LoadOptions["onProgress"],
): Promise<Read> {
  const { key } = found;
  onProgress?.(`Reading ${key}`);
  let text = "";
  const document = await readDocument(found, await openDocument(found, options), options, async (pieces, asItIs) => {
    let chars = 0;
    for await (const piece of pieces) {
      chars += piece.length;
      onProgress?.(`Reading ${key}: ${chars.toLocaleString("en")} characters`);
      if (!asItIs) text += piece;
    }
  });
  const { chars, blank, asItIs, path, kind } = document;
  if (blank)
    throw new InputError(`Cannot read the context ${key}: ${chars === 0 ? "it is empty" : "it has only white space"}`);
  const { encoding } = options;
  const format = kind === "csv" || kind === "json" || kind === "jsonl" ? kind : "text";
  // Not copied: the run reads it from where it is.
  const context = asItIs ? file(path, { format, ...(encoding && { encoding }) }) : text;
  return { context, documents: [document], unread: [], length: chars };
}

const known = ["cwd", "encoding", "stdin", "signal", "newFile", "onProgress"];

function check(paths: readonly string[], options: LoadOptions): void {
  if (!Array.isArray(paths) || paths.length === 0 || paths.some((path) => typeof path !== "string" || path === ""))
    throw new InputError("Expected load() to get a path, or paths, that are no empty texts");
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new InputError(`Unknown option "${unknown}" of load(): expected one of ${known.join(", ")}`);
  const { encoding } = options;
  if (encoding !== undefined && !textEncodings.includes(encoding))
    throw new InputError(
      `Expected encoding of load() to be one of ${textEncodings.join(", ")}, got ${JSON.stringify(encoding)}`,
    );
}

/** Made when the first file is. */
function temporaryFolder(): { newFile(name: string): string; remove(): void } {
  let folder: string | undefined;
  let made = 0;
  return {
    newFile(name) {
      folder ??= mkdtempSync(join(tmpdir(), "rlm-load-"));
      const path = join(folder, `${made++}-${name.slice(-100)}`);
      writeFileSync(path, "", { mode: 0o600, flag: "wx" });
      return path;
    },
    remove() {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
}
