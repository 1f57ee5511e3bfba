import { open } from "node:fs/promises";

/** Keeps converted texts, to be read again in pieces. */
export interface TextShelf {
  put(text: string): Promise<() => AsyncIterable<string>>;
}

/** Keeps short ones, and what fits into memory of the others; the rest goes to one new file. */
export function textShelf(newFile: (name: string) => string): TextShelf {
  let held = 0;
  let path: string | undefined;
  let end = 0;
  return {
    async put(text) {
      if (held + text.length <= mostInMemory) {
        held += text.length;
        return async function* () {
          for (let at = 0; at < text.length; at += sliceChars) yield text.slice(at, at + sliceChars);
        };
      }
      path ??= newFile("converted");
      const file = path;
      const start = end;
      // UTF-16, for a text may have half a pair in it, and a place in it is a place in the file.
      const bytes = Buffer.from(text, "utf16le");
      end += bytes.length;
      await using handle = await open(file, "r+");
      for (let written = 0; written < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, start + written);
        written += bytesWritten;
      }
      return () => slices(file, start, start + bytes.length);
    },
  };
}

const mostInMemory = 16_000_000;
const sliceBytes = 1_048_576;
const sliceChars = sliceBytes / 2;

async function* slices(path: string, start: number, end: number): AsyncGenerator<string> {
  await using handle = await open(path, "r");
  for (let at = start; at < end;) {
    const { bytesRead, buffer } = await handle.read(
      Buffer.allocUnsafe(sliceBytes),
      0,
      Math.min(sliceBytes, end - at),
      at,
    );
    if (bytesRead === 0) throw new Error(`Cannot read a converted text again: ${path} is shorter than it was`);
    // An odd byte is half a character.
    const whole = bytesRead & ~1;
    yield buffer.toString("utf16le", 0, whole);
    at += whole;
  }
}
