import { stripVTControlCharacters } from "node:util";
import { plainText } from "../plain-text.ts";

/**
 * An answer safe to write: for a terminal as {@link plainText}; for a pipe or a file without escape sequences and control
 * characters too, for it may end up on a terminal, but with its tabs and with the invisible characters that scripts need.
 */
export function plainAnswer(answer: string, isTTY: boolean): string {
  if (isTTY) return plainText(answer);
  return stripVTControlCharacters(answer.replace(/\r\n?/g, "\n")).replace(/[\p{Cc}\p{Cs}]/gu, (character) =>
    character === "\n" || character === "\t" ? character : "",
  );
}

/** JSON that is the same value and shows a terminal nothing but visible characters. */
export function plainJson(value: unknown, space?: number): string {
  return JSON.stringify(value, null, space).replace(/[\u007f-\u009f\u2028\u2029\p{Cf}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}
