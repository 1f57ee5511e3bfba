import { SandboxError } from "../../errors.ts";
import type { Child } from "../../confined/child-process.ts";
import { encodeFrame } from "./wire.ts";

/**
 * Hands a text over as its pieces come, so that this program holds only some of it and goes on meanwhile: a piece is asked
 * for when the pipe has taken the one before the last. Returns the megabytes of the text in the process.
 */
export async function sendText(
  child: Child,
  { what, length }: { what: string; length: number },
  pieces: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
): Promise<number> {
  // Two buffers in turn: one is filled while the other is on its way. Fresh memory for each slice costs ten times as much.
  const bufferBytes = Math.min(maxSliceBytes, 2 * length);
  const buffers = [Buffer.allocUnsafeSlow(bufferBytes), Buffer.allocUnsafeSlow(bufferBytes)] as const;
  let turn: 0 | 1 = 0;
  let before: Promise<void> = Promise.resolve();
  let wide = false;
  let came = 0;
  for await (const piece of pieces) {
    signal.throwIfAborted();
    came += piece.length;
    // Its source is heard to the end, for what is wrong with it says more than its length.
    if (came > length || !child.alive) continue;
    wide ||= !fitsLatin1(piece);
    const sliceLength = wide ? bufferBytes / 2 : bufferBytes;
    for (let start = 0; start < piece.length; start += sliceLength) {
      const slice = piece.slice(start, start + sliceLength);
      const buffer = buffers[turn];
      const bytes = buffer.write(slice, 0, wide ? "utf16le" : "latin1");
      void child.send(encodeFrame({ type: "piece", length: slice.length, wide }));
      const sent = child.send(buffer.subarray(0, bytes));
      await before;
      signal.throwIfAborted();
      before = sent;
      turn = turn === 0 ? 1 : 0;
    }
  }
  await before;
  signal.throwIfAborted();
  if (came !== length)
    throw new SandboxError(
      `Cannot open a session: ${what} has ${came.toLocaleString("en-US")} characters, its reference says ${length.toLocaleString("en-US")}`,
    );
  return (length * (wide ? 2 : 1)) / 1_000_000;
}

const maxSliceBytes = 2_097_152;

/** Whether one byte a character holds it. V8 answers at once for a string that it keeps so. */
export function fitsLatin1(text: string): boolean {
  return !/[^\u0000-\u00ff]/.test(text);
}
