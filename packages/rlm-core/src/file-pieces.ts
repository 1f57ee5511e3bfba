import type { FileHandle } from "node:fs/promises";
import { unitBytes, type TextEncoding } from "./text-encoding.ts";

/**
 * The bytes of an open file in pieces that end where a character ends; only the last one may end within a character, if the file does.
 * A piece is good until the next one is asked for: two buffers go round, one is read while the other is looked at.
 */
export async function* filePieces(file: FileHandle, encoding: TextEncoding): AsyncGenerator<Buffer> {
  const buffers = [newBuffer(), newBuffer()] as const;
  const read = async (turn: 0 | 1): Promise<number> =>
    (await file.read(buffers[turn], maxCut, pieceBytes, null)).bytesRead;
  let turn: 0 | 1 = 0;
  let cut: Buffer = Buffer.alloc(0);
  let reading = read(turn);
  try {
    for (;;) {
      const count = await reading;
      const start = maxCut - cut.length;
      cut.copy(buffers[turn], start);
      const bytes = buffers[turn].subarray(start, maxCut + count);
      if (count === 0) {
        if (bytes.length > 0) yield bytes;
        return;
      }
      const end = bytes.length - (encoding === "utf-8" ? cutUtf8(bytes) : bytes.length % (unitBytes(encoding) ?? 1));
      cut = bytes.subarray(end);
      turn = turn === 0 ? 1 : 0;
      reading = read(turn);
      if (end > 0) yield bytes.subarray(0, end);
    }
  } finally {
    // Whoever stops early closes the file, and hears nothing of this any more.
    await reading.catch(() => {});
  }
}

/** The most bytes of a piece that are its own. */
const pieceBytes = 2_097_152;
/** The most bytes that a piece may leave over to the next. */
const maxCut = 3;

function newBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(maxCut + pieceBytes);
}

/** Bytes at the end that begin a character and do not end it. */
function cutUtf8(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(maxCut, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return lengthFrom(byte) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

function lengthFrom(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}
