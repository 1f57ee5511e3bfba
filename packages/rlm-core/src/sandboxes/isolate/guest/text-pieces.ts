import type { Realm } from "./realm.ts";
import type { TextPart, TextParts } from "./text-parts.ts";
import type { TextScan } from "./text-scan.ts";

/** A part's text from `from` to before `to`: a string, or a LongText if it is too long for one. */
export type CutText = (part: TextPart, from: number, to: number) => unknown;

export interface TextPieces {
  /** An iterator as the language's own are: one that a `for` loop, a spread and iterator helpers take. */
  iterator: (next: () => { value: unknown } | undefined) => object;
  /** Lines, without LF or CRLF. */
  lines: (part: TextPart) => object;
  /** Pieces of at most `size` characters, of which each repeats `overlap` of the one before; none ends within a surrogate pair. */
  chunks: (part: TextPart, size: number, overlap: number) => object;
  splitByText: (part: TextPart, separator: string, limit: number) => unknown[];
  /** `expression` has `g`. */
  splitByPattern: (part: TextPart, expression: RegExp, limit: number) => unknown[];
}

/** How a long text is gone through in pieces. */
export function createTextPieces(realm: Realm, parts: TextParts, scan: TextScan, cut: CutText): TextPieces {
  const { indexOf, fix, prototypeOf, list, asArray } = realm;
  const windowSize = 1_048_576;
  const unitAt = realm.method(String.prototype, "charCodeAt") as (text: string, at: number) => number;
  const iteratorPrototype = prototypeOf(prototypeOf(prototypeOf((function* () {})()) as object) as object);

  const iterator: TextPieces["iterator"] = (next) => {
    const made = { __proto__: iteratorPrototype };
    fix(made, "next", () => {
      const step = next();
      return step === undefined ? { value: undefined, done: true } : { value: step.value, done: false };
    });
    return made;
  };

  /** Where the text of a line stops and the next line begins. */
  const lineEnds = (part: TextPart): ((from: number) => { end: number; next: number }) => {
    let start = 0;
    let window = "";
    return (from) => {
      for (let look = from; look < part.length;) {
        if (look < start || look >= start + window.length) {
          window = part.read(look, look + windowSize < part.length ? look + windowSize : part.length);
          start = look;
        }
        const feed = indexOf(window, "\n", look - start);
        if (feed < 0) {
          look = start + window.length;
          continue;
        }
        const at = start + feed;
        const before = at === from ? "" : feed > 0 ? window[feed - 1] : parts.peek(part, at - 1, at);
        return { end: before === "\r" ? at - 1 : at, next: at + 1 };
      }
      return { end: part.length, next: part.length };
    };
  };

  /** The offset, or the one before it if that lies within a surrogate pair. */
  const border = (part: TextPart, at: number): number => {
    if (at <= 0) return 0;
    if (at >= part.length) return part.length;
    const around = parts.peek(part, at - 1, at + 1);
    const high = unitAt(around, 0);
    const low = unitAt(around, 1);
    return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff ? at - 1 : at;
  };

  return {
    iterator,
    lines: (part) => {
      const endOf = lineEnds(part);
      let at = 0;
      return iterator(() => {
        if (at >= part.length) return undefined;
        const { end, next } = endOf(at);
        const value = cut(part, at, end);
        at = next;
        return { value };
      });
    },
    chunks: (part, size, overlap) => {
      let at = 0;
      return iterator(() => {
        if (at >= part.length) return undefined;
        let start = at === 0 ? 0 : border(part, at - overlap);
        // Two pairs that must not be cut may leave no way on: then it repeats one character less.
        if (at > 0 && border(part, start + size) <= at) start = at - overlap + 1;
        at = border(part, start + size);
        return { value: cut(part, start, at) };
      });
    },
    splitByText: (part, separator, limit) => {
      const pieces = list<unknown>();
      if (separator === "") {
        for (let at = 0; at < part.length && pieces.length < limit; at++) pieces[at] = parts.peek(part, at, at + 1);
        return asArray(pieces);
      }
      const next = scan.occurrences(part, separator, 0);
      let start = 0;
      for (let found = next(); found !== undefined && pieces.length < limit; found = next()) {
        pieces[pieces.length] = cut(part, start, found);
        start = found + separator.length;
      }
      if (pieces.length < limit) pieces[pieces.length] = cut(part, start, part.length);
      return asArray(pieces);
    },
    splitByPattern: (part, expression, limit) => {
      const pieces = list<unknown>();
      const next = scan.matches(part, expression, 0);
      let start = 0;
      for (let match = next(); match !== undefined && pieces.length < limit; match = next()) {
        const { index, length } = match;
        const end = index + match[0].length;
        // An empty match where a piece begins, or at the end, splits nothing.
        if (index >= part.length || end === start) continue;
        pieces[pieces.length] = cut(part, start, index);
        for (let group = 1; group < length && pieces.length < limit; group++) pieces[pieces.length] = match[group];
        start = end;
      }
      if (pieces.length < limit) pieces[pieces.length] = cut(part, start, part.length);
      return asArray(pieces);
    },
  };
}
