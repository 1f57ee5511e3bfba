import { setImmediate } from "node:timers/promises";
import type { SessionOptions } from "../../sandbox.ts";
import type { Child } from "./child-process.ts";
import { expectType } from "./guards.ts";
import { encodeFrame, type ContextHeader } from "./wire.ts";

/** The most characters that a text may have to be one string in the sandbox. */
export const maxContextChars = 500_000_000;

/** Gives a fresh process its contexts and the rest of what its machine needs. Returns the megabytes that the contexts take there. */
export async function handOver(child: Child, options: SessionOptions, signal: AbortSignal): Promise<number> {
  const { contexts, read, seed, queries, tools, kits, responseFormat, limits } = options;
  const { promptChars, outputChars, heapMb, answerChars } = limits;
  let heldMb = 0;
  for (const { name, kind, ref } of contexts) {
    heldMb += (await sendContext(child, { name, kind, text: await read(ref) }, signal)) * copies[kind];
  }
  signal.throwIfAborted();
  const opened = child.exchange((frame) => expectType(frame, "opened"), {
    wallMs: openMs + openMsPerMb * heldMb,
    maxBytes: maxOpenedBytes,
  });
  const settings = { seed, queries, tools, kits: [...kits], limits: { promptChars, outputChars, heapMb, answerChars } };
  void child.send(
    encodeFrame({ type: "open", options: { ...settings, ...(responseFormat !== undefined && { responseFormat }) } }),
  );
  await opened;
  return heldMb;
}

/** What the kernel should let a process have that holds these contexts: while they are handed over there is one copy more. */
export function dataMbFor({ contexts, limits }: Pick<SessionOptions, "contexts" | "limits">): number {
  const heldMb = contexts.reduce((sum, { length, kind }) => sum + (length * 2 * (copies[kind] + 1)) / 1_000_000, 0);
  return Math.ceil((dataBaseMb + limits.heapMb + heldMb) / 1_000) * 1_000;
}

// A text is there twice while it is handed on; parsed JSON takes more than its text.
const copies = { string: 2, array: 6, object: 6 };
// isolated-vm reserves half a gigabyte for each isolate, Node about as much for itself.
const dataBaseMb = 1_200;
const openMs = 30_000;
const openMsPerMb = 100;
const maxOpenedBytes = 1_000;

/**
 * Hands a text over in slices, so that neither side holds more of it than it must and this program goes on meanwhile.
 * Returns the megabytes of the text itself.
 */
async function sendContext(
  child: Child,
  { name, kind, text }: { name: string; kind: ContextHeader["kind"]; text: string },
  signal: AbortSignal,
): Promise<number> {
  const wide = !(await fitsLatin1(text));
  const encoding = wide ? "utf16le" : "latin1";
  const bytesEach = wide ? 2 : 1;
  void child.send(encodeFrame({ type: "context", name, kind, length: text.length, wide }));
  // Two buffers in turn: one is filled while the other is on its way. Fresh memory for each slice costs ten times as much.
  const sliceLength = Math.min(maxSliceBytes, text.length * bytesEach) / bytesEach;
  const buffers = [
    Buffer.allocUnsafeSlow(sliceLength * bytesEach),
    Buffer.allocUnsafeSlow(sliceLength * bytesEach),
  ] as const;
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
  return (text.length * bytesEach) / 1_000_000;
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
