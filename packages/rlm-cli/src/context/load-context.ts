import { stat } from "node:fs/promises";
import { file, InputError, named } from "rlm-core";
import { number, plural } from "../live-tree/words.ts";
import { plainLine } from "../plain-text.ts";
import { readArguments } from "./context-arguments.ts";
import { findFiles, type FoundFile } from "./find-files.ts";
import type { LoadedContext, LoadOptions, Size } from "./loaded-context.ts";
import { openPipe } from "./open-pipe.ts";
import { readFiles } from "./read-files.ts";
import { spool } from "./spool.ts";
import { textPieces } from "./text-pieces.ts";

/** Reads what `--context` names. Throws InputError. */
export async function loadContext(given: readonly string[], options: LoadOptions): Promise<LoadedContext> {
  const groups = new Map<string, Part[]>();
  for (const { name, path } of await readArguments(given, options.io.cwd)) {
    const parts = groups.get(name) ?? [];
    groups.set(name, parts);
    parts.push(path === "-" ? await fromStdin(options) : await fromPath(path, options));
  }
  const loaded: [string, Loaded][] = [];
  for (const [name, parts] of groups) loaded.push([name, await joined(parts, options)]);
  const sum = (field: "files" | "bytes" | "chars" | "length"): number =>
    loaded.reduce((total, [, one]) => total + one[field], 0);
  const names = [...groups.keys()];
  const alone = names.length === 1 && names[0] === "context";
  return {
    context:
      alone && loaded[0]
        ? loaded[0][1].value
        : named(Object.fromEntries(loaded.map(([name, { value }]) => [name, value]))),
    words: `${alone ? "" : `${names.join(", ")}: `}${plural(sum("files"), "file")}, ${plural(sum("chars"), "character")}`,
    bytes: sum("bytes"),
    chars: sum("chars"),
    length: sum("length"),
    async *pieces() {
      for (const [, one] of loaded) yield* one.pieces();
    },
  };
}

/** What one `--context` stands for. */
interface Part {
  files: FoundFile[];
  many: boolean;
}

interface Loaded extends Size {
  value: object;
  files: number;
}

async function fromStdin({ io, signal, temporary, progress, say }: LoadOptions): Promise<Part> {
  if (io.stdin.isTTY === true) say("Reading the context from the terminal: end it with Ctrl-D on a line of its own.");
  let read = 0;
  const path = await progress.during(
    () => `Reading stdin: ${number(read)} bytes`,
    async () => await spool(io.stdin, "stdin", { signal, temporary, onBytes: (bytes) => (read = bytes) }),
  );
  return { files: [{ path, key: "stdin", named: true }], many: false };
}

async function fromPath(given: string, options: LoadOptions): Promise<Part> {
  const { io, signal, progress, say } = options;
  const { files, many, skipped } = await progress.during(
    () => `Looking for files in ${plainLine(given, 80)}`,
    async () => await findFiles(given, io.cwd, signal),
  );
  if (skipped.length > 0) say(`Left out of ${plainLine(given, 80)}: ${plainLine(skipped.join(", "), 300)}`);
  for (const one of files) if (one.pipe === true) one.path = await fromPipe(one, options);
  return { files, many };
}

async function fromPipe({ path, key }: FoundFile, { signal, temporary, progress }: LoadOptions): Promise<string> {
  const shown = plainLine(key, 80);
  let read = 0;
  return await progress.during(
    () => (read === 0 ? `Waiting for what writes to the pipe ${shown}` : `Reading ${shown}: ${number(read)} bytes`),
    async () =>
      await spool(openPipe(path, key), `pipe-${key.replace(/\W+/g, "-")}`, {
        signal,
        temporary,
        onBytes: (bytes) => (read = bytes),
      }),
  );
}

/** One file is its text; several are an object by their paths. */
async function joined(parts: Part[], options: LoadOptions): Promise<Loaded> {
  const files = [...new Map(parts.flatMap((part) => part.files).map((one) => [one.path, one])).values()];
  const [only] = files;
  return only !== undefined && files.length === 1 && !parts.some(({ many }) => many)
    ? await oneFile(only, options)
    : await readFiles(files, options);
}

async function oneFile({ path, key }: FoundFile, options: LoadOptions): Promise<Loaded> {
  const { progress, encoding } = options;
  let chars = 0;
  let blank = true;
  await progress.during(
    () => `Reading ${plainLine(key, 80)}: ${number(chars)} characters`,
    async () => {
      for await (const piece of textPieces(path, key, options)) {
        chars += piece.length;
        blank &&= !/\S/.test(piece);
      }
    },
  );
  if (blank)
    throw new InputError(`Cannot read the context ${key}: ${chars === 0 ? "it is empty" : "it has only white space"}`);
  const { size } = await stat(path);
  // Not copied: the run reads it from where it is.
  return {
    value: file(path, { ...(encoding && { encoding }) }),
    files: 1,
    bytes: size,
    chars,
    length: chars,
    pieces: () => textPieces(path, key, options),
  };
}
