import { array, assert as holds, constantFrom, integer, property } from "fast-check";
import { expect, it } from "vitest";
import type { Piece } from "./chunks.ts";
import type { LongText } from "./given.ts";
import { paragraphs } from "./paragraphs.ts";
import { records } from "./records.ts";
import { sentences } from "./sentences.ts";
import { inWindows } from "./windows.ts";

const longest = 2_000;

/** As the sandbox has it: what is longer than a string can be stays one. */
function longText(text: string): LongText & { chunks: unknown } {
  return {
    length: text.length,
    chunks: undefined,
    slice: (from, to) => (to - from > longest ? longText(text.slice(from, to)) : text.slice(from, to)),
  };
}

const bits = [
  "word ",
  "Dr. ",
  "end. ",
  "\n",
  "\r\n",
  "\n \n",
  "。",
  "👩‍👩‍👧‍👦",
  "\ud83c",
  "2026-01-31 12:00:00 INFO ",
  "ERROR x\n",
];
const texts = array(constantFrom(...bits), { maxLength: 150 }).map((parts) => parts.join(""));
const cuts: Record<string, (text: string) => Piece[]> = { paragraphs, sentences, records };

it.each(Object.keys(cuts))("%s() cuts a LongText window after window as it does a string", (name) => {
  const cut = cuts[name] as (text: string) => Piece[];
  holds(
    property(texts, integer({ min: 100, max: 400 }), (text, window) => {
      expect(inWindows(cut, { window, margin: 60 })(longText(text))).toEqual(cut(text));
    }),
    { numRuns: 60 },
  );
});

it("a piece of a LongText that no string can hold is an error that says what to do", () => {
  const cut = inWindows(paragraphs, { window: 500, margin: 50 });
  expect(cut(longText("x".repeat(1_500)))).toHaveLength(1);
  expect(() => cut(longText("x".repeat(5_000)))).toThrow(
    /the piece at 0 has more than 2000 characters; use decompose.chunks/,
  );
});
