import { readFileSync } from "node:fs";
import { join } from "node:path";
import { array, assert as holds, constantFrom, integer, property, string } from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { O200K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/esm/encodingParams/constants";
import { describe, expect, it } from "vitest";
import { chunks, type Piece } from "./chunks.ts";
import { code } from "./code.ts";
import { lines } from "./lines.ts";
import { pack } from "./pack.ts";
import { paragraphs } from "./paragraphs.ts";
import { records } from "./records.ts";
import { rows } from "./rows.ts";
import { sections } from "./sections.ts";
import { sentences } from "./sentences.ts";
import { tokenPieces } from "./tokens.ts";
import { turns } from "./turns.ts";

const count = (text: string): number => countTokens(text, { disallowedSpecial: new Set() });
const tokens = tokenPieces(count, O200K_TOKEN_SPLIT_REGEX);
const bits = [
  ["word", " ", ". ", "! ", "\n", "\r\n", "\n\n", "  \n \n", "。", "文字", "안녕", "Dr. ", "e.g. ", "x".repeat(60)],
  ["# ", "## a\n", "===\n", "```\n", "> ", "- ", "Ann: ", "[10:02] Bob: ", "<|endoftext|>", "'", '"', "\t", ","],
  [
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈",
    "🇰🇷🇰",
    "e\u0301",
    "क्षि",
    "\ud83c",
    "\udf0f",
    "\u0000",
    "\ufeff",
    "2026-01-31 12:00:00 ",
    "{",
    "}",
    "f(){",
    "class A ",
  ],
  [
    "می\u200cخواهم ",
    "1\ufe0f\u20e3",
    "\ufe0f\u20e3",
    "\u200d",
    "\u200c",
    "\u0600",
    "\u0301",
    "\r",
    "ᄀ",
    "ก\u0e33",
    "©",
  ],
].flat();
const texts = array(constantFrom(...bits), { maxLength: 60 }).map((parts) => parts.join(""));
const adversarial = [
  "",
  "x",
  "\n",
  "\n\n\n",
  " ".repeat(500),
  "x".repeat(3_000),
  "\r".repeat(50),
  "👩‍👩‍👧‍👦".repeat(200),
  "\ud83c".repeat(99),
  "🇰🇷".repeat(300),
  "\ufeff\ufeffword",
  "1\ufe0f\u20e3".repeat(200),
  "می\u200cخواهم".repeat(100),
  "a\u200d".repeat(300),
  `a${"\u200c\u0301".repeat(300)}`,
];

function expectCover(text: string, pieces: readonly Piece[]): void {
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  let end = 0;
  for (const piece of pieces) {
    expect(piece.start).toBe(end);
    expect(piece.end).toBeGreaterThan(piece.start);
    expect(piece.text).toBe(text.slice(piece.start, piece.end));
    end = piece.end;
  }
}

/** The places in a text between two characters as people see them, each with how long the one before is. */
function borders(text: string): Map<number, number> {
  const found = new Map([[0, 0]]);
  for (const { index, segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text))
    found.set(index + segment.length, segment.length);
  return found;
}

/** The characters that pieces begin or end inside of, but for those of which `mayCut` says so. */
function cutCharacters(text: string, pieces: readonly Piece[], mayCut = (_: string): boolean => false): string[] {
  const all = borders(text);
  return pieces
    .flatMap(({ start, end }) => [start, end])
    .filter((at) => !all.has(at))
    .map((at) => {
      let end = at;
      while (!all.has(end)) end++;
      return text.slice(end - (all.get(end) ?? 0), end);
    })
    .filter((character) => !mayCut(character));
}

const covering: Record<string, (text: string) => Piece[]> = {
  paragraphs,
  sentences,
  sections,
  records,
  turns: (text) => turns(text),
  code: (text) => code(text, { language: "typescript" }),
  tokens: (text) => tokens(text, { size: 7 }),
};

describe("pieces of a text", () => {
  it.each(Object.keys(covering))("%s() covers any text exactly, and its offsets map back", (name) => {
    const cut = covering[name] as (text: string) => Piece[];
    expect(cut("")).toEqual([]);
    for (const text of adversarial) expectCover(text, cut(text));
    holds(property(texts, (text) => expectCover(text, cut(text))));
    holds(property(string({ unit: "binary" }), (text) => expectCover(text, cut(text))));
  });

  it.each(["paragraphs", "sentences", "sections", "records", "turns", "code", "lines"])(
    "%s() cuts no character as people see them",
    (name) => {
      const cut = { ...covering, lines }[name] as (text: string) => Piece[];
      for (const text of adversarial) expect(cutCharacters(text, cut(text))).toEqual([]);
      holds(
        property(texts, (text) => {
          expect(cutCharacters(text, cut(text))).toEqual([]);
        }),
      );
    },
  );

  it("chunks() cuts no character as people see them that fits into a piece, at any border, with and without overlap", () => {
    const boundaries = ["paragraph", "sentence", "line", "none"] as const;
    const expectChunks = (text: string, size: number, overlap: number): void => {
      for (const boundary of boundaries) {
        const pieces = chunks(text, { size, overlap, boundary });
        expect(cutCharacters(text, pieces, (character) => character.length > size)).toEqual([]);
        if (overlap === 0) expectCover(text, pieces);
      }
    };
    for (const text of adversarial) for (const size of [2, 7, 30, 1_198]) expectChunks(text, size, size >> 2);
    holds(
      property(texts, integer({ min: 0, max: 30 }), integer({ min: 2, max: 60 }), (text, overlap, more) => {
        expectChunks(text, more, 0);
        expectChunks(text, overlap + more, overlap);
      }),
    );
    expect(chunks(" \u200d한한\n", { size: 4 }).map(({ end }) => end)).toEqual([2, 5]);
  });

  it("tokens() cuts no character as people see them of no more tokens than a piece has", () => {
    const cutBy = (text: string, size: number, overlap: number): string[] =>
      cutCharacters(text, tokens(text, { size, overlap }), (character) => count(character) > size);
    for (const text of adversarial) for (const size of [4, 12, 100]) expect(cutBy(text, size, size >> 2)).toEqual([]);
    holds(
      property(texts, integer({ min: 4, max: 30 }), (text, size) => {
        expect(cutBy(text, size, 0)).toEqual([]);
        expect(cutBy(text, size, size >> 1)).toEqual([]);
      }),
    );
  });

  it("rows() and lines() give the places of theirs, in order; between them is what they leave out", () => {
    const between = (text: string, pieces: readonly Piece[]): string[] => {
      pieces.forEach((piece) => expect(piece.text).toBe(text.slice(piece.start, piece.end)));
      const ends = [0, ...pieces.map(({ end }) => end)];
      return [...pieces.map(({ start }) => start), text.length].map((start, at) => {
        expect(start).toBeGreaterThanOrEqual(ends[at] ?? 0);
        return text.slice(ends[at], start);
      });
    };
    const expectPlaces = (text: string): void => {
      for (const gap of between(text, lines(text))) expect(gap).toMatch(/^(?:\r?\n)?$/);
      for (const format of ["csv", "tsv", "jsonl"] as const) {
        const found = rows(text, { format, header: false });
        for (const gap of between(text, found)) expect(gap.trim()).toBe("");
        expect(cutCharacters(text, found)).toEqual([]);
      }
      const list = JSON.stringify([text, { text }, [text], 1], null, 1);
      for (const gap of between(list, rows(list))) expect(gap).toMatch(/^[[\],\s]*$/);
      expect(cutCharacters(list, rows(list))).toEqual([]);
      const broken = `[1${text}, 2]`;
      expect(cutCharacters(broken, rows(broken, { format: "json" }))).toEqual([]);
    };
    for (const text of adversarial) expectPlaces(text);
    holds(property(texts, expectPlaces));
  });

  it.each([
    ["code", "class A {}\u200d\nlet x", () => code("class A {}\u200d\nlet x", { language: "typescript" })],
    ["rows", "a\rb\r\nc\rd", () => rows("a\rb\r\nc\rd", { header: false })],
    ["tokens", "می\u200cخواهم ".repeat(9), () => tokens("می\u200cخواهم ".repeat(9), { size: 6 })],
    ["tokens", "1\ufe0f\u20e3".repeat(9), () => tokens("1\ufe0f\u20e3".repeat(9), { size: 5 })],
  ])("%s() cuts no character as people see them of %j", (_name, text, cut) => {
    expect(cut().length).toBeGreaterThan(1);
    expect(cutCharacters(text, cut())).toEqual([]);
  });

  it("pack() keeps every piece of any text", () => {
    for (const text of adversarial) {
      const pieces = [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)].map(
        (each) => each.segment,
      );
      const groups = pack(pieces, { size: 700 });
      expect(groups.flatMap(({ items }) => items).join("")).toBe(text);
      for (const { items, start, end } of groups) expect(items).toEqual(pieces.slice(start, end));
    }
  });
});

describe("tokens()", () => {
  it("tokens() keeps every budget, counts as the tokenizer does, and repeats no more than asked", () => {
    holds(
      property(texts, integer({ min: 4, max: 30 }), integer({ min: 0, max: 15 }), (text, size, some) => {
        const overlap = Math.min(some, Math.floor(size / 2));
        const pieces = tokens(text, { size, overlap });
        let covered = 0;
        for (const { text: part, start, end, tokens: counted } of pieces) {
          expect(part).toBe(text.slice(start, end));
          expect(count(part)).toBeLessThanOrEqual(size);
          expect(count(part)).toBeLessThanOrEqual(counted);
          expect(start).toBeLessThanOrEqual(covered);
          expect(count(text.slice(start, covered))).toBeLessThanOrEqual(overlap);
          covered = end;
        }
        expect(covered).toBe(text.length);
      }),
      { numRuns: 200 },
    );
  });

  it("tokens() cuts a long word between characters as people see them, one that is longer than size between code points", () => {
    const family = "👩‍👩‍👧‍👦";
    for (const { start } of tokens(family.repeat(50), { size: 30 })) expect(start % family.length).toBe(0);
    for (const { text } of tokens(family.repeat(3), { size: 4 })) expect(text.isWellFormed()).toBe(true);
    expect(tokens(family, { size: 7 }).length).toBeGreaterThan(1);
  });
});

describe("sizes that fit a sub-call's prompt", () => {
  const scope = { repl: { promptChars: 1_000 } };

  it("chunks() and pack() make pieces alike, none longer than a prompt has room for", () => {
    const text = "one two three. ".repeat(500);
    const lengths = chunks.call(scope, text).map((piece) => piece.end - piece.start);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(750);
    expect(lengths.length).toBeLessThanOrEqual(Math.ceil(text.length / 750) + 1);
    const items = Array.from({ length: 100 }, (_, at) => "x".repeat(10 + (at % 30)));
    const groups = pack.call(scope, items).map(({ items: group }) => (group as string[]).join("").length);
    expect(Math.max(...groups)).toBeLessThanOrEqual(750);
    expect(groups.length).toBeLessThanOrEqual(5);
    for (const { items: group } of pack.call(scope, items, { overlap: 3 }))
      expect((group as string[]).join("").length).toBeLessThanOrEqual(750);
  });

  it.each([
    "one two three. ",
    "x" + " ".repeat(60),
    "안녕하세요 여러분 ",
    "👩‍👩‍👧‍👦",
    "y".repeat(900),
    "\u0b85\u0ba3\u0bc1 ",
  ])("tokens() without a size makes pieces of %j alike that fit, with and without overlap", (part) => {
    const text = part.repeat(Math.ceil(6_000 / part.length));
    const pieces = tokens(text, undefined, 1_000);
    expectCover(text, pieces);
    expect(Math.max(...pieces.map((piece) => piece.text.length))).toBeLessThanOrEqual(750);
    for (const { text: piece, tokens: counted } of pieces) expect(count(piece)).toBeLessThanOrEqual(counted);
    const overlapping = tokens(text, { overlap: 100 }, 1_000);
    expect(Math.max(...overlapping.map((piece) => piece.text.length))).toBeLessThanOrEqual(750);
    expect(overlapping.length).toBeLessThanOrEqual(4 * pieces.length);
    expect(tokens("one two three", {}, 1_000)).toHaveLength(1);
  });

  it.each([
    ["korean-euc-kr.txt", "euc-kr"],
    ["japanese-shift-jis.txt", "shift_jis"],
    ["russian-windows-1251.txt", "windows-1251"],
    ["french-windows-1252.txt", "windows-1252"],
  ])(
    "chunks(), pack() and tokens() of %s fit a window of three characters a token, with room for the question",
    (name, encoding) => {
      const file = join(import.meta.dirname, "../loaders/testing/documents/real", name);
      const text = new TextDecoder(encoding).decode(readFileSync(file)).repeat(8);
      const window = scope.repl.promptChars / 3;
      const groups = pack.call(scope, text.split(/(?<=[.。、,\n])/)).map(({ items }) => items.join(""));
      for (const pieces of [
        chunks.call(scope, text).map((piece) => piece.text),
        tokens(text, undefined, 1_000).map((piece) => piece.text),
        groups,
      ]) {
        expect(pieces.join("")).toBe(text);
        for (const piece of pieces) expect(count(piece)).toBeLessThanOrEqual(0.9 * window);
      }
    },
  );
});
