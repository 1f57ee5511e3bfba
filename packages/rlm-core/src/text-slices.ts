import { setImmediate } from "node:timers/promises";

/** The most characters of a slice: so few that hashing or encoding one takes some milliseconds. */
export const sliceLength = 2_097_152;

/** A text in slices that cut no surrogate pair. */
export function* slicesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + sliceLength, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end += 1;
    yield text.slice(start, end);
    start = end;
  }
}

/** The same, with a turn of the event loop between two slices: what is done with a long text blocks nobody. */
export async function* slicesInTurns(text: string): AsyncGenerator<string> {
  let first = true;
  for (const slice of slicesOf(text)) {
    if (!first) await setImmediate();
    first = false;
    yield slice;
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
