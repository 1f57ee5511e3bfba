import { stat } from "node:fs/promises";
import { InputError } from "rlm-core";
import { number, plural } from "../live-tree/words.ts";
import { plainLine } from "../plain-text.ts";
import type { FoundFile } from "./find-files.ts";
import type { LoadOptions, Size } from "./loaded-context.ts";
import { readProblem } from "./read-problem.ts";
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
  const read = { files: [] as FoundFile[], binary: [] as string[], bytes: 0, chars: 0, length: 1, blank: true };
  try {
    await progress.during(
      () => `Reading files: ${read.files.length} of ${files.length}, ${number(read.chars)} characters`,
      async () => {
        for (const one of files) await readOne(one);
      },
    );
    if (read.binary.length > 0) say(leftOut(read.binary, options.encoding));
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
      if (one.named || !(error instanceof NotTextError)) throw error;
      read.binary.push(one.key);
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
  for (const { path, key } of files) {
    const { size } = await stat(path).catch((cause: unknown) => {
      throw readProblem(key, cause);
    });
    bytes += size;
    if (bytes > mostInMemory) return await jsonSink(temporary.create("context.json"));
  }
  return memorySink();
}

const mostInMemory = 4_000_000;

function leftOut(binary: readonly string[], encoding: string | undefined): string {
  const kind = encoding === undefined ? "text" : `text in ${encoding.toUpperCase()}`;
  const names = plainLine(binary.slice(0, 5).join(", "), 300);
  return `Left out ${plural(binary.length, "file")} that ${binary.length === 1 ? "is" : "are"} not ${kind}: ${names}${binary.length > 5 ? ", …" : ""}`;
}
