import { createReadStream } from "node:fs";
import { InputError } from "rlm-core";
import { readProblem } from "./read-problem.ts";

/** A file is not text: where nobody named it, it is left out. */
export class NotTextError extends InputError {
  override name = "NotTextError";
}

/**
 * A file's text in pieces of at most a megabyte, so that nothing else waits long; without its byte order mark, and never
 * half a character. `shown` is the file's name in errors. Throws {@link NotTextError} or InputError.
 */
export async function* textPieces(path: string, shown: string, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let read = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: pieceBytes, signal }) as AsyncIterable<Buffer>) {
      const zero = chunk.indexOf(0);
      if (zero >= 0) throw notText(shown, `byte ${read + zero} is NUL`);
      read += chunk.length;
      yield decode(() => decoder.decode(chunk, { stream: true }), shown);
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw readProblem(shown, cause);
  }
  decode(() => decoder.decode(), shown);
}

const pieceBytes = 1_048_576;

function decode(decoded: () => string, shown: string): string {
  try {
    return decoded();
  } catch {
    throw notText(shown, "it is not UTF-8");
  }
}

function notText(shown: string, why: string): NotTextError {
  return new NotTextError(
    `Cannot read the context ${shown}: it is not text (${why}); convert it first, for instance by pdftotext or iconv`,
  );
}
