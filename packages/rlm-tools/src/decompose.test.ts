import { runInNewContext } from "node:vm";
import { array, assert as holds, constantFrom, integer, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { chunks } from "./decompose/chunks.ts";
import { decompose } from "./decompose.ts";
import { lines } from "./decompose/lines.ts";
import { pack } from "./decompose/pack.ts";

const boundaries = ["paragraph", "sentence", "line", "none"] as const;
// Made of what borders are made of, so that random texts have many of them.
const prose = array(
  constantFrom(
    "word",
    " ",
    ". ",
    "! ",
    "\n",
    "\r\n",
    "\n\n",
    "\r\n \r\n",
    "。",
    "文",
    "🌏",
    "\ud83c",
    "\udf0f",
    "x".repeat(30),
  ),
  { maxLength: 80 },
).map((parts) => parts.join(""));

describe("chunks()", () => {
  it("chunks() covers any text exactly, in pieces of at most size characters, and splits no surrogate pair", () => {
    holds(
      property(prose, integer({ min: 2, max: 60 }), constantFrom(...boundaries), (text, size, boundary) => {
        const pieces = chunks(text, { size, boundary });
        expect(pieces.map((piece) => piece.text).join("")).toBe(text);
        for (const { text: part, start, end } of pieces) {
          expect(part).toBe(text.slice(start, end));
          expect(part.length).toBeLessThanOrEqual(size);
          expect(part.length).toBeGreaterThan(0);
          expect(text.slice(start - 1, start + 1)).not.toMatch(/^[\ud800-\udbff][\udc00-\udfff]$/);
        }
      }),
    );
  });

  it("chunks() with overlap begins each piece at most overlap characters before the end of the last one, and leaves nothing out", () => {
    holds(
      property(
        prose,
        integer({ min: 0, max: 20 }),
        integer({ min: 2, max: 40 }),
        constantFrom(...boundaries),
        (text, overlap, more, boundary) => {
          const size = overlap + more;
          const pieces = chunks(text, { size, overlap, boundary });
          let covered = 0;
          for (const { start, end } of pieces) {
            expect(start).toBeLessThanOrEqual(covered);
            expect(start).toBeGreaterThanOrEqual(covered - overlap);
            expect(end).toBeGreaterThan(covered);
            expect(end - start).toBeLessThanOrEqual(size);
            covered = end;
          }
          expect(covered).toBe(text.length);
        },
      ),
    );
  });

  it.each([
    ["paragraph", "One. Two.\n\nThree. Four\nfive.", 24, ["One. Two.\n\n", "Three. Four\nfive."]],
    ["line", "One. Two.\n\nThree. Four\nfive.", 24, ["One. Two.\n\nThree. Four\n", "five."]],
    ["sentence", "One. Two.\n\nThree. Four\nfive.", 24, ["One. Two.\n\nThree. ", "Four\nfive."]],
    ["none", "One. Two.\n\nThree. Four\nfive.", 24, ["One. Two.\n\nThree. Four\nf", "ive."]],
    ["paragraph", "First line.\nSecond line.\nThird", 26, ["First line.\nSecond line.\n", "Third"]],
    ["paragraph", "no border but words here", 10, ["no border ", "but words ", "here"]],
    ["sentence", "「今日。」明日。", 6, ["「今日。」", "明日。"]],
    ["paragraph", "unbroken", 3, ["unb", "rok", "en"]],
  ] as const)(
    "chunks() cuts at the last %s border that fits, else at the next finer one: %j",
    (boundary, text, size, expected) => {
      expect(chunks(text, { size, boundary }).map((piece) => piece.text)).toEqual(expected);
    },
  );

  it("chunks() cuts no character as people see them that fits, by size or at a border", () => {
    const family = "👩‍👩‍👧‍👦";
    for (const boundary of boundaries) {
      for (const { start } of chunks(family.repeat(40), { size: 30, overlap: 12, boundary }))
        expect(start % family.length).toBe(0);
      expect(chunks("abcd\r\nef", { size: 5, boundary }).map((piece) => piece.text)).toEqual(["abcd", "\r\nef"]);
    }
    const long = `x${"👩\u200d".repeat(2_000)}`;
    for (const size of [1_501, 2_002])
      for (const { text } of chunks(long, { size })) expect(text.isWellFormed()).toBe(true);
    expect(chunks(family, { size: 4 }).every(({ text }) => text.isWellFormed())).toBe(true);
  });

  it("chunks() gives no piece for an empty text", () => {
    expect(chunks("", { size: 10 })).toEqual([]);
  });

  it.each([
    [["text"], { size: 10 }, /got an array: use decompose.pack/],
    [undefined, { size: 10 }, /expected text to be a string, got undefined/],
    ["text", null, /expected options such as \{ size: 20000 \}/],
    ["text", { size: 1 }, /expected size to be an integer of 2 or more, got 1/],
    ["text", {}, /expected size .* got undefined/],
    ["text", { size: 10, overlap: 9 }, /expected overlap to be an integer from 0 to size - 2 \(8\), got 9/],
    ["text", { size: 10, boundary: "page" }, /expected boundary to be .*, got "page"/],
    ["text", { size: 10, boundary: "toString" }, /expected boundary/],
  ])("chunks(%j, %j) says what is wrong", (text, options, message) => {
    expect(() => chunks(text as string, options as { size: number })).toThrow(message);
  });
});

describe("pack()", () => {
  it("pack() keeps every item once and in order, in groups of at most size characters that could not hold the next item", () => {
    holds(
      property(array(string({ maxLength: 20 })), integer({ min: 20, max: 60 }), (items, size) => {
        const packs = pack(items, { size });
        expect(packs.flatMap((group) => group.items)).toEqual(items);
        packs.forEach((group, index) => {
          expect(items.slice(group.start, group.end)).toEqual(group.items);
          const length = group.items.join("").length;
          expect(length).toBeLessThanOrEqual(size);
          const next = packs[index + 1];
          if (next !== undefined) expect(length + (next.items[0] ?? "").length).toBeGreaterThan(size);
        });
      }),
    );
  });

  it("pack() with overlap repeats that many items of the group before, or as many as leave room for the next one", () => {
    holds(
      property(
        array(string({ maxLength: 20 })),
        integer({ min: 20, max: 60 }),
        integer({ min: 0, max: 4 }),
        (items, size, overlap) => {
          const packs = pack(items, { size, overlap });
          const lengthOf = (from: number, to: number): number => items.slice(from, to).join("").length;
          let [begun, covered] = [0, 0];
          for (const { items: group, start, end } of packs) {
            expect(group).toEqual(items.slice(start, end));
            expect(lengthOf(start, end)).toBeLessThanOrEqual(size);
            expect(end).toBeGreaterThan(covered);
            expect(start).toBeGreaterThanOrEqual(begun);
            expect(start).toBeLessThanOrEqual(covered);
            expect(covered - start).toBeLessThanOrEqual(overlap);
            // One more would have left no room.
            if (covered - start < Math.min(overlap, covered - begun))
              expect(lengthOf(start - 1, covered + 1)).toBeGreaterThan(size);
            if (end < items.length) expect(lengthOf(start, end + 1)).toBeGreaterThan(size);
            [begun, covered] = [start, end];
          }
          expect(covered).toBe(items.length);
        },
      ),
    );
    const groups = pack(
      lines("a\nb\nc\nd\ne").map(({ text }) => text),
      { size: 3, overlap: 1 },
    );
    expect(groups.map(({ items, start }) => `${start}${items.join("")}`)).toEqual(["0abc", "2cde"]);
  });

  it("pack() measures objects as JSON", () => {
    const items = [{ a: 1 }, { b: 2 }, { c: 3 }];
    expect(pack(items, { size: 14 }).map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [2, 3],
    ]);
  });

  it.each([
    ["text", { size: 10 }, /got a string: use decompose.chunks/],
    [["a"], undefined, /expected size .* got undefined/],
    [["a"], { size: 10, overlap: -1 }, /expected overlap to be a number of items, an integer of 0 or more, got -1/],
    [["a", "x".repeat(11)], { size: 10 }, /item 1 has 11 characters, more than size 10/],
  ])("pack(%j, %j) says what is wrong", (items, options, message) => {
    expect(() => pack(items as string[], options as { size: number })).toThrow(message);
  });
});

describe("lines()", () => {
  it("lines() gives the lines of any text with their offsets, as a split at LF and CRLF does", () => {
    holds(
      property(prose, (text) => {
        const found = lines(text);
        const split = text.split(/\r?\n/);
        if (split.at(-1) === "") split.pop();
        expect(found.map((line) => line.text)).toEqual(split);
        found.forEach(({ text: line, start, end, number }, index) => {
          expect(text.slice(start, end)).toBe(line);
          expect(number).toBe(index + 1);
        });
      }),
    );
  });

  it("lines() refuses what is no text", () => {
    expect(() => lines(["a"] as never)).toThrow("decompose.lines: expected text to be a string, got an array");
  });
});

it("decompose runs from its source text alone, as it is carried into the isolate", () => {
  for (const run of [chunks, pack, lines]) expect(decompose.functions[run.name]?.run).toBe(run);
  const sources = [chunks, pack, lines].map((run) => `${run.name}: (${String(run)})`);
  const program = `const kit = Object.freeze({ ${sources.join(",")} });
    JSON.stringify([kit.chunks("a b c", { size: 2 }).length, kit.pack(["a", "b"], { size: 1 }).length, kit.lines("a\\r\\nb")])`;
  expect(JSON.parse(runInNewContext(program) as string)).toEqual([
    3,
    2,
    [
      { text: "a", start: 0, end: 1, number: 1 },
      { text: "b", start: 3, end: 4, number: 2 },
    ],
  ]);
});
