import type { Piece } from "./chunks.ts";
import { cover } from "./cover.ts";
import { textOf } from "./given.ts";

/** Paragraphs, each with the blank lines behind it; together they are the text. */
export function paragraphs(given: string): Piece[] {
  const text = textOf(given, "paragraphs");
  const starts = [0];
  let isOpen = false;
  // Line by line, for a pattern over several would go back over long runs of blanks.
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf("\n", start);
    const next = feed < 0 ? text.length : feed + 1;
    const isBlank = text.slice(start, next).trim() === "";
    if (!isBlank && !isOpen && start > 0 && hasText(text, starts.at(-1) ?? 0, start)) starts.push(start);
    isOpen = !isBlank;
    start = next;
  }
  return cover(text, starts);
}

/** Blank lines before the first paragraph belong to it. */
function hasText(text: string, from: number, to: number): boolean {
  return from > 0 || text.slice(0, to).trim() !== "";
}
