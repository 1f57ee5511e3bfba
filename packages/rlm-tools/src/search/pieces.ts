/** A stretch of a source from offset `start` to before `end`; `key` says of which element of an array or value of an object. */
export interface SourcePiece {
  key?: number | string;
  start: number;
  end: number;
}

/** What can be read in parts: a string, or a LongText, which gives strings for parts this short. */
export interface PartText {
  length: number;
  slice(from: number, to: number): unknown;
}

/**
 * Cuts a text into pieces of at most `size` characters that cover it: each ends behind the last paragraph of its second
 * half, else behind the last line, the last space or at the end, never inside of a surrogate pair.
 */
export function* pieces(text: PartText, size: number): Generator<SourcePiece & { text: string }> {
  for (let start = 0; start < text.length;) {
    const window = String(text.slice(start, Math.min(text.length, start + size)));
    const part = start + window.length >= text.length ? window : window.slice(0, cutAt(window));
    yield { start, end: start + part.length, text: part };
    start += part.length;
  }
}

function cutAt(window: string): number {
  const half = window.length / 2;
  for (const border of ["\n\n", "\n", " "]) {
    const at = window.lastIndexOf(border) + border.length;
    if (at - border.length >= half) return at;
  }
  const unit = window.charCodeAt(window.length - 1);
  return unit >= 0xd800 && unit <= 0xdbff && window.length > 1 ? window.length - 1 : window.length;
}
