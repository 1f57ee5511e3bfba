import { stat } from "node:fs/promises";
import { InputError } from "rlm-core";
import { number, plural } from "../live-tree/words.ts";
import { plainLine } from "../plain-text.ts";
import type { FoundFile } from "./find-files.ts";
import type { LoadOptions, Size } from "./loaded-context.ts";
import { ForbiddenError, readProblem } from "./read-problem.ts";
import { NotTextError, textPieces } from "./text-pieces.ts";
import { jsonSink, memorySink, type TextSink } from "./text-sink.ts";

/** Reads several files as an object of their texts by path. Those that nobody named and that are no text are left out and told. */
export async function readFiles(
  files: readonly FoundFile[],
  options: LoadOptions,
): Promise<Size & { value: object; files: number }> {
  const { progress, say } = options;
  const sink = await openSink(files, options);
  // Its length: braces, and a comma after each file but the last.
  const read = { files: [] as FoundFile[], bytes: 0, chars: 0, length: 1, blank: true };
  const left = { binary: [] as string[], forbidden: [] as string[] };
  try {
    await progress.during(
      () => `Reading files: ${read.files.length} of ${files.length}, ${number(read.chars)} characters`,
      async () => {
        for (const one of files) await readOne(one);
      },
    );
    const { encoding } = options;
    const { binary, forbidden } = left;
    const kind = encoding === undefined ? "text" : `text in ${encoding.toUpperCase()}`;
    if (binary.length > 0) say(leftOut(binary, `${binary.length === 1 ? "is" : "are"} not ${kind}`));
    if (forbidden.length > 0) say(leftOut(forbidden, "this user may not read"));
    if (read.blank)
      throw new InputError(`Cannot read the context: none of its ${plural(files.length, "file")} has a text in it`);
    const { bytes, chars, length } = read;
    const value = await sink.value();
    return { value, files: read.files.length, bytes, chars, length, pieces: piecesOf };
  } finally {
    await sink.close();
  }

  async function readOne(one: FoundFile): Promise<void> {
    const size = { bytes: 0, chars: 0, length: JSON.stringify(one.key).length + 4, blank: true };
    const measured = async function* (): AsyncGenerator<string> {
      for await (const piece of textPieces(one.path, one.key, options)) {
        size.bytes += Buffer.byteLength(piece);
        size.chars += piece.length;
        size.length += JSON.stringify(piece).length - 2;
        size.blank &&= !/\S/.test(piece);
        yield piece;
      }
    };
    try {
      await sink.add(one.key, measured());
    } catch (error) {
      const out =
        error instanceof NotTextError ? left.binary : error instanceof ForbiddenError ? left.forbidden : undefined;
      if (one.named || out === undefined) throw error;
      out.push(one.key);
      return;
    }
    read.files.push(one);
    read.bytes += size.bytes;
    read.chars += size.chars;
    read.length += size.length;
    read.blank &&= size.blank;
  }

  async function* piecesOf(): AsyncGenerator<string> {
    for (const { path, key } of read.files) yield* textPieces(path, key, options);
  }
}

/** What is long goes to a file. A short object stays one, for the model is told how many keys it has. */
async function openSink(files: readonly FoundFile[], { temporary }: LoadOptions): Promise<TextSink> {
  let bytes = 0;
  for (const { path, key, named } of files) {
    bytes += await sizeOf(path, key, named);
    if (bytes > mostInMemory) return await jsonSink(temporary.create("context.json"));
  }
  return memorySink();
}

/** Of one that will be left out it does not count. */
async function sizeOf(path: string, key: string, named: boolean): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    const problem = readProblem(key, cause);
    if (named || !(problem instanceof ForbiddenError)) throw problem;
    return 0;
  }
}

const mostInMemory = 4_000_000;

function leftOut(keys: readonly string[], why: string): string {
  const names = plainLine(keys.slice(0, 5).join(", "), 300);
  return `Left out ${plural(keys.length, "file")} that ${why}: ${names}${keys.length > 5 ? ", …" : ""}`;
}
