import { InputError } from "rlm-core";
import { number, plural } from "../live-tree/words.ts";
import { plainLine } from "../plain-text.ts";
import type { FoundFile } from "./find-files.ts";
import type { LoadOptions, Size } from "./loaded-context.ts";
import { NotTextError, textPieces } from "./text-pieces.ts";

/** Reads several files as an object of their texts by path. Those that nobody named and that are no text are left out and told. */
export async function readFiles(
  files: readonly FoundFile[],
  { signal, progress, say }: LoadOptions,
): Promise<Size & { value: Record<string, string>; files: number }> {
  const texts = new Map<string, string>();
  const binary: string[] = [];
  let chars = 0;
  let bytes = 0;
  let length = 2;
  const readOne = async ({ path, key, named }: FoundFile): Promise<void> => {
    const pieces: string[] = [];
    try {
      for await (const piece of textPieces(path, key, signal)) pieces.push(piece);
    } catch (error) {
      if (named || !(error instanceof NotTextError)) throw error;
      binary.push(key);
      return;
    }
    texts.set(key, pieces.join(""));
    length += JSON.stringify(key).length + 4;
    for (const piece of pieces) {
      chars += piece.length;
      bytes += Buffer.byteLength(piece);
      length += JSON.stringify(piece).length - 2;
    }
  };
  await progress.during(
    () => `Reading files: ${texts.size + binary.length} of ${files.length}, ${number(chars)} characters`,
    async () => {
      for (const one of files) await readOne(one);
    },
  );
  if (binary.length > 0)
    say(
      `Left out ${plural(binary.length, "file")} that ${binary.length === 1 ? "is" : "are"} not text: ${plainLine(binary.slice(0, 5).join(", "), 300)}${binary.length > 5 ? ", …" : ""}`,
    );
  if (![...texts.values()].some((text) => /\S/.test(text)))
    throw new InputError(`Cannot read the context: none of its ${plural(files.length, "file")} has a text in it`);
  return {
    value: Object.fromEntries(texts),
    files: texts.size,
    bytes,
    chars,
    length,
    async *pieces() {
      yield* texts.values();
    },
  };
}
