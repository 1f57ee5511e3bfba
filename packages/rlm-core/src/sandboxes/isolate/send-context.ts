import { setImmediate } from "node:timers/promises";
import type { Child } from "./child-process.ts";
import { encodeFrame, type ContextHeader } from "./wire.ts";

/**
 * Hands a text over in slices, so that neither side holds more of it than it must and this program goes on meanwhile.
 * Returns the bytes that it has in the child.
 */
export async function sendContext(child: Child, { name, kind, text }: { name: string; kind: ContextHeader["kind"]; text: string }, signal: AbortSignal): Promise<number> {
  const wide = !(await fitsLatin1(text));
  const encoding = wide ? "utf16le" : "latin1";
  const bytesEach = wide ? 2 : 1;
  void child.send(encodeFrame({ type: "context", name, kind, length: text.length, wide }));
  // Two buffers in turn: one is filled while the other is on its way. Fresh memory for each slice costs ten times as much.
  const sliceLength = Math.min(maxSliceBytes, text.length * bytesEach) / bytesEach;
  const buffers = [Buffer.allocUnsafeSlow(sliceLength * bytesEach), Buffer.allocUnsafeSlow(sliceLength * bytesEach)] as const;
  let before: Promise<void> = Promise.resolve();
  for (let start = 0, turn = 0; start < text.length; start += sliceLength, turn ^= 1) {
    const buffer = buffers[turn === 0 ? 0 : 1];
    const length = buffer.write(text.slice(start, start + sliceLength), 0, encoding);
    const sent = child.send(buffer.subarray(0, length));
    await before;
    signal.throwIfAborted();
    before = sent;
  }
  await before;
  return text.length * bytesEach;
}

const maxSliceBytes = 2_097_152;

// V8 answers at once for a string that it keeps in one byte a character; for others the slices keep this program going.
async function fitsLatin1(text: string): Promise<boolean> {
  for (let start = 0; start < text.length; start += maxSliceBytes) {
    if (/[^\u0000-\u00ff]/.test(text.slice(start, start + maxSliceBytes))) return false;
    if (start % (8 * maxSliceBytes) === 0) await setImmediate();
  }
  return true;
}
