import { array, assert as holds, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { patternOf } from "../question.ts";
import { cutPassages, type Hit } from "./cut-passages.ts";
import { readPassage } from "./read-passage.ts";

const source = patternOf("gold mine");

describe("cutPassages()", () => {
  it("cutPassages() puts every hit into exactly one passage, whatever stands around it", () => {
    const part = constantFrom("gold mine", "Gold\nMine", "mari", "gold", " ", ". ", "x".repeat(50), "🌏", "문");
    const texts = array(
      array(part, { maxLength: 40 }).map((parts) => parts.join("")),
      { maxLength: 3 },
    );
    holds(
      property(texts, integer({ min: 0, max: 60 }), integer({ min: 10, max: 200 }), (all, reach, size) => {
        const hits = hitsIn(all);
        const passages = cutPassages(hits, all, { reach, size });
        const mentions = passages.map(({ text }) => readPassage(text, source).mentions);
        expect(mentions.reduce((sum, count) => sum + count, 0)).toBe(hits.length);
        expect(mentions).not.toContain(0);
        for (const { text } of passages) {
          expect(text.length).toBeLessThanOrEqual(size + 2 * reach + 4);
          expect(text.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("cutPassages() marks where it cut, and only there", () => {
    const texts = [`The gold mine. ${"word ".repeat(20)}`];
    expect(cutPassages(hitsIn(texts), texts, { reach: 8, size: 100 })).toEqual([
      { id: 0, entry: 0, at: 4, text: "The gold mine. word  …" },
    ]);
  });
});

function hitsIn(texts: string[]): Hit[] {
  return texts.flatMap((text, entry) =>
    [...text.matchAll(new RegExp(source, "giu"))].map(({ index, 0: match }) => ({
      entry,
      at: index,
      end: index + match.length,
    })),
  );
}
