import { once } from "node:events";
import { createWriteStream, openSync } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { InputError } from "rlm-core";

export interface SpoolOptions {
  signal?: AbortSignal | undefined;
  /** Makes an empty file of that name, of this user alone, to be opened by the path that this gives. */
  newFile(name: string): string;
  /** Hears how many bytes came so far. */
  onBytes?: (bytes: number) => void;
}

/** Copies what can be read only once, stdin or a pipe, into a new file; gives its path. */
export async function spool(
  source: NodeJS.ReadableStream,
  name: string,
  { signal, newFile, onBytes }: SpoolOptions,
): Promise<string> {
  const path = newFile(name);
  let bytes = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer | string> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes)
        throw new InputError(
          `Cannot read the context ${name}: it has more than ${maxBytes.toLocaleString("en")} bytes`,
        );
      onBytes?.(bytes);
      yield chunk;
    }
  };
  // Opened here: a stream that opens by the path may do so when all is over, and the path's number is another file's.
  const file = createWriteStream(path, { fd: openSync(path, "r+") });
  try {
    await pipeline(source as Readable, counted, file, { ...(signal && { signal }) });
  } finally {
    file.destroy();
    if (!file.closed) await once(file, "close");
  }
  return path;
}

// So that an endless stream does not fill the disk.
const maxBytes = 100_000_000_000;
