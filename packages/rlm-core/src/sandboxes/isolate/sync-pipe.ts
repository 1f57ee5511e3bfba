import { readSync, writeSync } from "node:fs";
import { encodeFrame, type FromChild, type ToChild } from "./wire.ts";

/** The child's end: it reads and writes synchronously, for it has nothing else to do. */
export interface SyncPipe {
  /** The next frame; undefined when the parent is gone. */
  read(): ToChild | undefined;
  /** Fills `target` with the bare bytes that come next. */
  readInto(target: Buffer): void;
  /** Kept until `flush` if it is small. */
  write(frame: FromChild): void;
  flush(): void;
}

export function openSyncPipe(fd: number): SyncPipe {
  const buffer = Buffer.allocUnsafeSlow(65_536);
  let start = 0;
  let end = 0;
  let unsent: Buffer[] = [];
  let unsentBytes = 0;

  function fill(target: Buffer): boolean {
    let filled = Math.min(end - start, target.length);
    buffer.copy(target, 0, start, start + filled);
    start += filled;
    while (filled < target.length) {
      // Small frames come through the buffer, many a read; long texts go straight to where they belong.
      if (target.length - filled >= buffer.length) {
        const count = readSync(fd, target, filled, Math.min(target.length - filled, maxRead), null);
        if (count === 0) return false;
        filled += count;
        continue;
      }
      end = readSync(fd, buffer, 0, buffer.length, null);
      if (end === 0) return false;
      start = Math.min(end, target.length - filled);
      buffer.copy(target, filled, 0, start);
      filled += start;
    }
    return true;
  }

  function flush(): void {
    for (const bytes of unsent) {
      for (let sent = 0; sent < bytes.length;) sent += writeSync(fd, bytes, sent);
    }
    unsent = [];
    unsentBytes = 0;
  }

  return {
    read() {
      const header = Buffer.allocUnsafe(4);
      if (!fill(header)) return undefined;
      const body = Buffer.allocUnsafe(header.readUInt32LE(0));
      return fill(body) ? (JSON.parse(body.toString("utf8")) as ToChild) : undefined;
    },
    readInto(target) {
      if (!fill(target)) throw new Error("Cannot read a text: the parent closed the pipe");
    },
    write(frame) {
      const bytes = encodeFrame(frame);
      unsent.push(bytes);
      unsentBytes += bytes.length;
      if (unsentBytes > maxUnsent) flush();
    },
    flush,
  };
}

const maxRead = 4_194_304;
const maxUnsent = 65_536;
