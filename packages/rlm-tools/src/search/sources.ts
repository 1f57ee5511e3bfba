import type { PartText } from "./pieces.ts";

/** A text to search; `key` says of which element of an array or value of an object. */
export interface Source {
  key?: number | string;
  text: PartText;
}

/** The texts of what a search goes through; `tooLong` is thrown where they have more than `maxChars` together. */
export function* sourcesOf(within: unknown, maxChars: number, tooLong: () => Error): Generator<Source> {
  let chars = 0;
  for (const source of eachSource(within)) {
    chars += source.text.length;
    if (chars > maxChars) throw tooLong();
    yield source;
  }
}

/** Whether both are the same texts under the same keys. */
export function areSame(some: readonly Source[], others: readonly Source[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ key, text }, at) => {
      const other = others[at];
      return other !== undefined && other.key === key && isSameText(text, other.text);
    })
  );
}

// By index, for a list may read an element when it is asked for.
function* eachSource(within: unknown): Generator<Source> {
  if (isText(within)) yield { text: within };
  else if (Array.isArray(within)) {
    for (let key = 0; key < within.length; key++) if (key in within) yield { key, text: textOf(within[key]) };
  } else for (const [key, value] of Object.entries(within as object)) yield { key, text: textOf(value) };
}

function textOf(value: unknown): PartText {
  return isText(value) ? value : (JSON.stringify(value) ?? "");
}

/** A string, or a LongText. */
function isText(value: unknown): value is PartText {
  if (typeof value === "string") return true;
  return typeof value === "object" && value !== null && !Array.isArray(value) && "matchAll" in value;
}

function isSameText(one: PartText, other: PartText): boolean {
  if (one === other) return true;
  // Each part of a LongText is a LongText of its own.
  if (typeof one === "string" || typeof other === "string" || one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += windowChars)
    if (one.slice(at, at + windowChars) !== other.slice(at, at + windowChars)) return false;
  return true;
}

// So short a part of a LongText is a string.
const windowChars = 50_000;
