import type { Piece } from "./chunks.ts";
import { isLongText, type LongText } from "./given.ts";

/** What is cut at a time, and how far before its end a cut may hang on what follows. */
export interface WindowSizes {
  window: number;
  margin: number;
  /** A window grows up to it for a piece that is longer. */
  longest: number;
}

const usual: WindowSizes = { window: 8_000_000, margin: 100_000, longest: 256_000_000 };

/**
 * A cutting function that takes a LongText too, and cuts it window after window: each begins at the first piece of which the
 * one before may not have seen enough. `cut` must give the same pieces of a text that begins where a piece does.
 */
export function inWindows<P extends Piece, Rest extends unknown[]>(
  cut: (text: string, ...rest: Rest) => P[],
  { window, margin, longest }: WindowSizes = usual,
): (text: string | LongText, ...rest: Rest) => P[] {
  return (text, ...rest) => {
    if (!isLongText(text)) return cut(text, ...rest);
    const found: P[] = [];
    let width = window;
    for (let from = 0; from < text.length;) {
      const to = Math.min(text.length, from + width);
      if (to - from > longest)
        throw new RangeError(
          `Cannot cut a LongText: the piece at ${from} has more than ${width / 2 - margin} characters; use decompose.chunks`,
        );
      const seen = read(text, from, to);
      const until = to === text.length ? seen.length : seen.length - margin;
      let next = 0;
      for (const piece of cut(seen, ...rest)) {
        if (piece.end > until) break;
        next = piece.end;
        found.push(moved(piece, from, found.length + 1));
      }
      // One piece is longer than the window.
      width = next === 0 ? width * 2 : window;
      from += next;
    }
    return found;
  };
}

/** How long a slice may be to be a string, the session's limits say. */
function read(text: LongText, from: number, to: number): string {
  const part = text.slice(from, to);
  if (typeof part === "string") return part;
  const middle = Math.floor((from + to) / 2);
  return read(text, from, middle) + read(text, middle, to);
}

function moved<P extends Piece>(piece: P, by: number, number: number): P {
  return { ...piece, start: piece.start + by, end: piece.end + by, ...("number" in piece && { number }) };
}
