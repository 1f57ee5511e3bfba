import type { TextEncoding } from "rlm-core";
import { byteChunks, type OpeningOptions } from "./byte-chunks.ts";
import { UnreadError } from "./unread.ts";

export interface ReadingOptions extends OpeningOptions {
  /** @default that of its byte order mark, else UTF-8 */
  encoding?: TextEncoding | undefined;
}

/**
 * A file's text in pieces of at most a megabyte, so that nothing else waits long; without its byte order mark, and never
 * half a character. `shown` is the file's name in errors. Throws {@link UnreadError} or InputError.
 */
export async function* textPieces(
  path: string,
  shown: string,
  { encoding, followLinks, signal }: ReadingOptions,
): AsyncGenerator<string> {
  let decoder: Decoder | undefined;
  let read = 0;
  for await (const chunk of byteChunks(path, shown, { followLinks, signal })) {
    decoder ??= openDecoder(chunk);
    const zero = decoder.unit === 1 ? chunk.indexOf(0) : -1;
    if (zero >= 0) throw notText(`byte ${read + zero} is NUL`);
    const text = decoder.decode(chunk);
    if (decoder.unit === 2 && text.includes("\0")) throw notText(`there is a NUL after byte ${read}`);
    read += chunk.length;
    yield text;
  }
  decoder?.decode();

  function openDecoder(head: Buffer): Decoder {
    const marked = markedEncoding(head);
    // The bytes may well be characters of the other encoding, but then the text is another.
    if (encoding !== undefined && marked !== undefined && marked !== encoding)
      throw new UnreadError(
        shown,
        "encoding",
        `its byte order mark says ${marked.toUpperCase()}, not ${encoding.toUpperCase()} as it was said`,
      );
    return decoderOf(encoding ?? marked ?? "utf-8", otherEncoding);
  }

  function notText(why: string): UnreadError {
    return new UnreadError(shown, "not-text", `it is not text (${why})`);
  }

  function otherEncoding(why: string): UnreadError {
    return new UnreadError(shown, "encoding", `it is not text (${why})`);
  }
}

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
