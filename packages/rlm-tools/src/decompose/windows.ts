import type { Piece } from "./chunks.ts";
import { isLongText, type LongText } from "./given.ts";

/** What is cut at a time, and how far before its end a cut may hang on what follows. */
export interface WindowSizes {
  window: number;
  margin: number;
}

const usual: WindowSizes = { window: 8_000_000, margin: 100_000 };

/**
 * A cutting function that takes a LongText too, and cuts it window after window: each begins at the first piece of which the
 * one before may not have seen enough. `cut` must give the same pieces of a text that begins where a piece does.
 */
export function inWindows<P extends Piece, Rest extends unknown[]>(
  cut: (text: string, ...rest: Rest) => P[],
  { window, margin } = usual,
): (text: string | LongText, ...rest: Rest) => P[] {
  return (text, ...rest) => {
    if (!isLongText(text)) return cut(text, ...rest);
    const found: P[] = [];
    let width = window;
    for (let from = 0; from < text.length;) {
      const to = Math.min(text.length, from + width);
      const seen = text.slice(from, to);
      if (typeof seen !== "string")
        throw new RangeError(
          `Cannot cut a LongText: the piece at ${from} has more than ${Math.floor(width / 2)} characters; use decompose.chunks`,
        );
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

function moved<P extends Piece>(piece: P, by: number, number: number): P {
  return { ...piece, start: piece.start + by, end: piece.end + by, ...("number" in piece && { number }) };
}
