import type { Piece } from "./chunks.ts";
import { cover } from "./cover.ts";
import { textOf } from "./given.ts";

// Unicode ends a sentence after each of them where an upper-case letter follows.
const abbreviation =
  /(?:^|[\s("'“‘[])(?:\p{Lu}|Mr|Mrs|Ms|Dr|Prof|Rev|Hon|St|Sr|Jr|Gen|Col|Capt|Lt|Sgt|Gov|Sen|Rep|Pres|No|Nos|Vol|Fig|Figs|Sec|Ch|pp?|vs|etc|cf|ca|approx|al|e\.g|i\.e|Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.\s*$/u;

/** Sentences by Unicode's rules (UAX 29), each with the white space behind it; together they are the text. */
export function sentences(given: string): Piece[] {
  const text = textOf(given, "sentences");
  const starts: number[] = [];
  let before = "";
  for (const { index, segment } of new Intl.Segmenter("en", { granularity: "sentence" }).segment(text)) {
    const isOpen = before.slice(-12).includes(".") && abbreviation.test(before.slice(-12)) && !/\n\s*$/.test(before);
    if (!isOpen) starts.push(index);
    before = segment;
  }
  return cover(text, starts);
}
