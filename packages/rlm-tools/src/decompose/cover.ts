import type { Piece } from "./chunks.ts";

/** Pieces that cover the text exactly: each from one of `starts` (ascending, the first is taken for 0) to the next. */
export function cover(text: string, starts: readonly number[]): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const to of [...starts.slice(1), text.length]) {
    if (to > from) pieces.push({ text: text.slice(from, to), start: from, end: to });
    from = Math.max(from, to);
  }
  return pieces;
}
