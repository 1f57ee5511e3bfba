import { createReadStream } from "node:fs";
import { InputError, type TextEncoding } from "rlm-core";
import { readProblem } from "./read-problem.ts";

/** A file is not text: where nobody named it, it is left out. */
export class NotTextError extends InputError {
  override name = "NotTextError";
}

/**
 * A file's text in pieces of at most a megabyte, so that nothing else waits long; without its byte order mark, and never
 * half a character. `shown` is the file's name in errors; `encoding`, if not given, is that of its byte order mark, else UTF-8.
 * Throws {@link NotTextError} or InputError.
 */
export async function* textPieces(
  path: string,
  shown: string,
  { encoding, signal }: { encoding?: TextEncoding | undefined; signal: AbortSignal },
): AsyncGenerator<string> {
  let decoder: Decoder | undefined;
  let read = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: pieceBytes, signal }) as AsyncIterable<Buffer>) {
      decoder ??= decoderOf(encoding ?? markedEncoding(chunk), shown);
      const zero = decoder.unit === 1 ? chunk.indexOf(0) : -1;
      if (zero >= 0) throw notText(shown, `byte ${read + zero} is NUL`);
      const text = decoder.decode(chunk);
      if (decoder.unit === 2 && text.includes("\0")) throw notText(shown, `there is a NUL after byte ${read}`);
      read += chunk.length;
      yield text;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw readProblem(shown, cause);
  }
  decoder?.decode();
}

const pieceBytes = 1_048_576;

interface Decoder {
  unit: 1 | 2;
  decode(bytes?: Buffer): string;
}

function markedEncoding(head: Buffer): TextEncoding {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  return head[0] === 0xfe && head[1] === 0xff ? "utf-16be" : "utf-8";
}

function decoderOf(encoding: TextEncoding, shown: string): Decoder {
  // What TextDecoder calls latin1 is windows-1252.
  if (encoding === "latin1") return { unit: 1, decode: (bytes) => bytes?.toString("latin1") ?? "" };
  const decoder = new TextDecoder(encoding, { fatal: true });
  return {
    unit: encoding === "utf-8" ? 1 : 2,
    decode(bytes) {
      try {
        return decoder.decode(bytes, { stream: bytes !== undefined });
      } catch {
        throw notText(shown, `it is not ${encoding.toUpperCase()}`);
      }
    },
  };
}

function notText(shown: string, why: string): NotTextError {
  return new NotTextError(
    `Cannot read the context ${shown}: it is not text (${why}); say its encoding by --encoding, or convert it first, for instance by pdftotext or iconv`,
  );
}
