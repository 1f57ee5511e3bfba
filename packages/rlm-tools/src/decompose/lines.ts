/** One line of a text, without its end: the text from offset `start` to before `end`; `number` counts from 1. */
export interface Line {
  text: string;
  start: number;
  end: number;
  number: number;
}

/** Splits a text at LF and CRLF; what ends with a line end has no empty last line. Guest code: self-contained. */
export function lines(text: string): Line[] {
  // A LongText has what is used here of a string.
  const isLong = typeof text === "object" && text !== null && "chunks" in text && "slice" in text;
  if (typeof text !== "string" && !isLong) {
    throw new TypeError(
      `decompose.lines: expected text to be a string, got ${text === null ? "null" : Array.isArray(text) ? "an array" : typeof text}`,
    );
  }
  const found: Line[] = [];
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf("\n", start);
    const next = feed < 0 ? text.length : feed + 1;
    const end = feed < 0 ? next : feed > start && text[feed - 1] === "\r" ? feed - 1 : feed;
    found.push({ text: text.slice(start, end), start, end, number: found.length + 1 });
    start = next;
  }
  return found;
}
