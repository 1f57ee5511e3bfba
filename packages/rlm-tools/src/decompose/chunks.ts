/** A piece of a text: `text` is the text from offset `start` to before `end`, in UTF-16 code units. */
export interface Piece {
  text: string;
  start: number;
  end: number;
}

export interface ChunkOptions {
  /** Characters that a piece has at most; 2 or more. @default pieces of about one length, each three quarters of a sub-call's prompt or less; of East Asian text, which has more tokens, down to a quarter */
  size?: number;
  /** Characters that a piece repeats of the one before it; at most `size - 2`. @default 0 */
  overlap?: number;
  /** Where to cut; where there is none of its kind, at the next finer one, down to words. @default "paragraph" */
  boundary?: "paragraph" | "sentence" | "line" | "none";
}

/** What a kit's function finds: how long the prompt of a sub-call may be. */
export type Prompts = { repl: { promptChars: number } } | void;

/** Cuts a text into pieces of at most `size` characters that cover it, never inside of a surrogate pair, nor of a grapheme that fits into one. Guest code: self-contained. */
export const chunks: (this: Prompts, text: string, options?: ChunkOptions) => Piece[] = function chunks(
  text,
  options = {},
) {
  // A LongText has what is used here of a string.
  const isLong = typeof text === "object" && text !== null && "chunks" in text && "slice" in text;
  if (typeof text !== "string" && !isLong) {
    const other = Array.isArray(text)
      ? "an array: use decompose.pack(items, { size })"
      : text === null
        ? "null"
        : typeof text;
    throw new TypeError(`decompose.chunks: expected text to be a string, got ${other}`);
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError("decompose.chunks: expected options such as { size: 20000 } as the second argument");
  }
  const { overlap = 0, boundary = "paragraph" } = options;
  const fitting = (promptChars: number): number => {
    // A prompt's length supposes three characters a token. Scripts from the Indic ones on have about one.
    let [wide, seen] = [0, 1];
    for (let sample = 0; sample < 64; sample++) {
      const at = Math.floor((text.length * sample) / 64);
      const part = text.slice(at, at + 200);
      wide += part.match(/[\u0900-\uffff]/g)?.length ?? 0;
      seen += part.length;
    }
    // What is left of a prompt is for the question; a piece that ends at a border is somewhat shorter than it may be.
    const most = Math.max(2, Math.floor((promptChars * 0.75) / (1 + (2 * wide) / seen)));
    const even = Math.ceil(text.length / Math.max(1, Math.ceil(text.length / most)));
    return Math.min(most, Math.max(2, Math.ceil(even * 1.1)) + overlap);
  };
  const size = options.size ?? (this === undefined ? Number.NaN : fitting(this.repl.promptChars));
  if (!Number.isSafeInteger(size) || size < 2) {
    throw new RangeError(`decompose.chunks: expected size to be an integer of 2 or more, got ${String(options.size)}`);
  }
  if (!Number.isSafeInteger(overlap) || overlap < 0 || overlap > size - 2) {
    throw new RangeError(
      `decompose.chunks: expected overlap to be an integer from 0 to size - 2 (${size - 2}), got ${String(overlap)}`,
    );
  }
  const paragraph = /\r?\n[ \t]*\r?\n\s*/g;
  const line = /\r?\n/g;
  const sentence = /[.!?…]+["'”’»)\]]*\s+|[。！？]+["'”’」』）]*\s*/g;
  const word = /\s+/g;
  const finer = {
    paragraph: [paragraph, line, sentence, word],
    line: [line, sentence, word],
    sentence: [sentence, word],
    none: [],
  };
  if (!Object.hasOwn(finer, boundary)) {
    throw new RangeError(
      `decompose.chunks: expected boundary to be "paragraph", "sentence", "line" or "none", got ${JSON.stringify(boundary)}`,
    );
  }
  const splitsPair = (at: number) => /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(at - 1, at + 1));
  let graphemes: Intl.Segmenter | undefined;
  // The character, as people see it, that an offset is inside of: from where to where, or to after `limit`. One begins at `from`.
  const around = (at: number, from: number, limit: number) => {
    const near = text.slice(at - 1, at + 1);
    if (/^[\0-\u02ff]{2}$/.test(near) && near !== "\r\n") return { start: at, end: at };
    graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" });
    // Two more tell whether one ends at the limit.
    const found = graphemes.segment(text.slice(from, limit + 2)).containing(at - from);
    const start = from + (found?.index ?? at - from);
    return start === at ? { start, end: at } : { start, end: start + (found?.segment.length ?? 0) };
  };
  // The border nearest to `at` that cuts no character: before it, or behind the first one if that is within the limit.
  const whole = (at: number, from: number, limit: number) => {
    const { start, end } = around(at, from, limit);
    return start > from ? start : end <= limit ? end : undefined;
  };
  // The last border after `from` and up to `limit`; a border comes after the white space that belongs to it. None if no character fits.
  const cut = (from: number, limit: number) => {
    if (limit >= text.length) return text.length;
    const window = text.slice(from, limit);
    for (const border of finer[boundary]) {
      let last = 0;
      for (const match of window.matchAll(border)) last = match.index + match[0].length;
      if (last > 0) return whole(from + last, from, limit);
    }
    return whole(limit, from, limit);
  };
  const pieces: Piece[] = [];
  // Where the text that is repeated before `covered` begins.
  const repeated = (covered: number) => {
    const first = Math.max(0, covered - overlap);
    if (first === covered) return first;
    const from = pieces.findLast(({ start }) => start <= first)?.start ?? 0;
    const { end } = around(first, from, covered);
    return Math.min(end, covered);
  };
  for (let covered = 0; covered < text.length;) {
    let start = repeated(covered);
    let end = cut(covered, start + size);
    if (end === undefined) {
      // What is repeated gives way to a character that fits alone; one that is longer than a piece is cut, between code points.
      start = covered;
      const limit = start + size;
      end = cut(start, limit) ?? (splitsPair(limit) ? limit - 1 : limit);
    }
    pieces.push({ text: text.slice(start, end), start, end });
    covered = end;
  }
  return pieces;
};
