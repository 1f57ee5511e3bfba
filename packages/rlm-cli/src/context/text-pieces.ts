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
      decoder ??= openDecoder(chunk);
      const zero = decoder.unit === 1 ? chunk.indexOf(0) : -1;
      if (zero >= 0) throw refused(`byte ${read + zero} is NUL`);
      const text = decoder.decode(chunk);
      if (decoder.unit === 2 && text.includes("\0")) throw refused(`there is a NUL after byte ${read}`);
      read += chunk.length;
      yield text;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw readProblem(shown, cause);
  }
  decoder?.decode();

  function openDecoder(head: Buffer): Decoder {
    const marked = markedEncoding(head);
    // The bytes may well be characters of the other encoding, but then the text is another.
    if (encoding !== undefined && marked !== undefined && marked !== encoding)
      throw new NotTextError(
        `Cannot read the context ${shown}: its byte order mark says ${marked.toUpperCase()}, --encoding says ${encoding.toUpperCase()}; leave --encoding out`,
      );
    return decoderOf(encoding ?? marked ?? "utf-8", refused);
  }

  function refused(why: string): NotTextError {
    const remedy =
      encoding === undefined
        ? "say its encoding by --encoding"
        : "see whether its encoding is another than --encoding says";
    return new NotTextError(
      `Cannot read the context ${shown}: it is not text (${why}); ${remedy}, or convert it first, for instance by pdftotext or iconv`,
    );
  }
}

const pieceBytes = 1_048_576;

interface Decoder {
  unit: 1 | 2;
  decode(bytes?: Buffer): string;
}

function markedEncoding(head: Buffer): TextEncoding | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? "utf-8" : undefined;
}

function decoderOf(encoding: TextEncoding, refused: (why: string) => Error): Decoder {
  // What TextDecoder calls latin1 is windows-1252.
  if (encoding === "latin1") return { unit: 1, decode: (bytes) => bytes?.toString("latin1") ?? "" };
  const decoder = new TextDecoder(encoding, { fatal: true });
  return {
    unit: encoding === "utf-8" ? 1 : 2,
    decode(bytes) {
      try {
        return decoder.decode(bytes, { stream: bytes !== undefined });
      } catch {
        throw refused(`it is not ${encoding.toUpperCase()}`);
      }
    },
  };
}
