import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { unreadable, UnreadError } from "./unread.ts";

export interface OpeningOptions {
  /** Whether a path that is a symbolic link is read: one that was given is, one that was found in a folder is not. */
  followLinks: boolean;
  signal?: AbortSignal | undefined;
}

/** A file's bytes, at most a megabyte at a time, or `chunkBytes`. `shown` is its name in errors. Throws {@link UnreadError} or the signal's reason. */
export async function* byteChunks(
  path: string,
  shown: string,
  { followLinks, signal, chunkBytes = 1_048_576 }: OpeningOptions & { chunkBytes?: number },
): AsyncGenerator<Buffer> {
  try {
    // Without waiting, for a pipe may have come in its place.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | (followLinks ? 0 : constants.O_NOFOLLOW);
    await using file: FileHandle = await open(path, flags);
    if (!(await file.stat()).isFile()) throw new UnreadError(shown, "broken", "it is no file now");
    for (let done = false; !done;) {
      signal?.throwIfAborted();
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes);
      done = bytesRead === 0;
      if (!done) yield buffer.subarray(0, bytesRead);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreadable(shown, cause);
  }
}
