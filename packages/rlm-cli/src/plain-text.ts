import { stripVTControlCharacters } from "node:util";

/**
 * A text that came from a model or a context, safe to print: without escape sequences, control characters and invisible
 * format characters (writing direction, tags), which could change what the terminal shows or does. Line feeds stay.
 */
export function plainText(text: string): string {
  const unescaped = stripVTControlCharacters(text.replace(/\r\n?|[\u2028\u2029]/g, "\n"));
  return unescaped
    .replace(/\t/g, "  ")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) => (character === "\n" ? "\n" : ""));
}

/**
 * A text that somebody judges before it is used: what {@link plainText} would leave out is shown as `\u{…}`, so that it does not
 * look like another one. What ends a line for a program ends one here.
 */
export function visibleText(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(/\t/g, "  ")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) =>
      character === "\n" ? "\n" : `\\u{${character.codePointAt(0)?.toString(16)}}`,
    );
}

/** A text as {@link plainText} has it in one line of at most `max` characters. */
export function plainLine(text: string, max: number): string {
  // Cut first: a label may be a whole prompt. Escape sequences are longer than what they leave.
  const line = plainText(text.slice(0, max * 4))
    .replace(/\s+/g, " ")
    .trim();
  const characters = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
  if (characters.length <= max && text.length <= max * 4) return line;
  return `${characters
    .slice(0, max - 1)
    .join("")
    .trimEnd()}…`;
}
