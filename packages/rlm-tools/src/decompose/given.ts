import { nameOf } from "../check-options.ts";

/** The text that a function was given. Throws TypeError that says what to do with anything else. */
export function textOf(text: unknown, name: string): string {
  if (typeof text === "string") return text;
  if (isLongText(text))
    throw new TypeError(
      `decompose.${name}: expected text to be a string, got a LongText: go through it by \`for (const part of text.chunks(50_000_000))\` and give each part`,
    );
  throw new TypeError(`decompose.${name}: expected text to be a string, got ${nameOf(text)}`);
}

/** A context that is longer than a string can be; its slices are strings where they fit in one. */
export interface LongText {
  readonly length: number;
  slice(from: number, to: number): string | LongText;
}

export function isLongText(value: unknown): value is LongText {
  return typeof value === "object" && value !== null && "chunks" in value && "slice" in value;
}
