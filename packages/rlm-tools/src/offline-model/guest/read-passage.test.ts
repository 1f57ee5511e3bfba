import { expect, it } from "vitest";
import { patternOf } from "../question.ts";
import { readPassage } from "./read-passage.ts";

const read = (text: string, term: string) => readPassage(text, patternOf(term));

it("readPassage() counts every mention and quotes each sentence once, with white space tidied", () => {
  expect(read("Nothing. The mill burned; the\n  mill is gone! Then Mr. Hale sold the Mill. The end.", "mill")).toEqual({
    mentions: 3,
    quotes: [
      { sentence: "The mill burned; the mill is gone!", when: null, who: null },
      { sentence: "Then Mr. Hale sold the Mill.", when: null, who: null },
    ],
  });
});

it.each([
  ["2024-05-03 12:00:07 ERROR db: disk full. Retry.", "2024-05-03 12:00:07", "ERROR db"],
  ["[10:15] Ann Lee: the disk full alarm again\n[10:16] Bo: ok", "10:15", "Ann Lee"],
  ["In March 1912 the disk full alarm was new; by 1950 it was old.", "March 1912", null],
  ["2024-05-03 12:00:07 request 1403 done; disk full on node 1403", "2024-05-03 12:00:07", null],
  ["The disk full alarm of 1912 was new.", "1912", null],
  ["<kim> disk full?", null, "kim"],
  ["See https://example.org: there Anna Berg wrote of a disk full alarm, 1,500 times.", null, "Anna Berg"],
])("readPassage() finds when and who beside the sentence: %j", (text, when, who) => {
  expect(read(text, "disk full").quotes[0]).toMatchObject({ when, who });
});

it("readPassage() shortens a sentence that is too long, around the mention", () => {
  const [quote] = read(`${"before ".repeat(100)}needle ${"after ".repeat(100)}`, "needle").quotes;
  expect(quote?.sentence).toMatch(/^… (?:\w+ )+needle (?:\w+ ?)+ …$/);
  expect(quote?.sentence.length).toBeLessThan(330);
});

it("readPassage() finds nothing where nothing is", () => {
  expect(read("some text", "needle")).toEqual({ mentions: 0, quotes: [] });
});
