import { array, assert, boolean, constantFrom, integer, nat, option, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { createFormat } from "./format.ts";
import { createKinds } from "./kinds.ts";
import { createLongTexts } from "./long-text.ts";
import { captureRealm } from "./realm.ts";
import { createTextParts } from "./text-parts.ts";
import { createTextPieces } from "./text-pieces.ts";
import { createTextScan } from "./text-scan.ts";

/** A string for the compiler, so that one function can be asked of both. */
type LongText = string & {
  count(pattern: string | RegExp): number;
  lines(): Iterable<string>;
  chunks(size: number, overlap?: number): Iterable<string>;
};

const realm = captureRealm();
const kinds = createKinds(realm, () => false);

/** A text as a LongText, read through windows and blocks that are far smaller than the real ones. */
function longText(text: string, sizes = { window: 16, margin: 8, block: 4 }): LongText {
  const parts = createTextParts(realm, (_context, from, to) => text.slice(from, to), sizes.block);
  const texts = createLongTexts(
    realm,
    kinds,
    createFormat(realm, kinds),
    parts,
    createTextScan(realm, sizes),
    createTextPieces,
    300,
  );
  return texts.create(parts.part("context", 0, text.length)) as unknown as LongText;
}

const letters = string({
  unit: constantFrom("a", "b", "c", "\n", "\r", "é", "가", "😀", "\ud83d", "\ude00", " "),
  minLength: 1,
  maxLength: 120,
});
const patterns = constantFrom(
  /a/g,
  /a+/g,
  /ab?c?/g,
  /[^a]/g,
  /^./gm,
  /.$/gm,
  /b$/g,
  /^a/g,
  /\b\w+\b/g,
  /(a)(b)?/g,
  /(?<x>a)|(?<y>b)/g,
  /./gu,
  /./gsu,
  /\p{L}+/gu,
  /(?<=a)b/g,
  /(?<!a)b/g,
  /a(?=b)/g,
  /a(?!b)/g,
  /(?:)/g,
  /(?:)/gu,
  /a*/g,
  /A/gi,
  /[\ud83d]/g,
  /[😀]/gu,
  /\s/g,
  /\r?\n/g,
  /(.)\1/gs,
  /[\p{L}--[a]]/gv,
);
const position = option(integer({ min: -130, max: 130 }), { nil: undefined });
const found = (match: RegExpMatchArray | null) =>
  match && {
    all: [...match],
    index: match.index,
    groups: match.groups && { ...match.groups },
    indices: (match as { indices?: unknown[] }).indices && [...((match as { indices?: unknown[] }).indices ?? [])],
  };

describe("LongText", () => {
  const check = (name: string, of: (text: string, wanted: string, from?: number, to?: number) => unknown) =>
    it(`${name} is what it is for a string`, () => {
      assert(
        property(
          letters,
          string({ unit: constantFrom("a", "b", "\n", "가", "😀"), maxLength: 6 }),
          position,
          position,
          (text, wanted, from, to) => {
            expect(of(longText(text), wanted, from, to)).toEqual(of(text, wanted, from, to));
          },
        ),
        { numRuns: 400 },
      );
    });
  check("length", (text) => text.length);
  check("slice", (text, _wanted, from, to) => text.slice(from, to));
  check("substring", (text, _wanted, from, to) => text.substring(from ?? 0, to));
  check("at", (text, _wanted, from) => [
    text.at(from ?? 0),
    text.charAt(from ?? 0),
    text.charCodeAt(from ?? 0),
    text.codePointAt(from ?? 0),
  ]);
  check("[index]", (text, _wanted, from) => text[from ?? 0]);
  check("indexOf", (text, wanted, from) => text.indexOf(wanted, from));
  check("lastIndexOf", (text, wanted, from) => text.lastIndexOf(wanted, from));
  check("includes", (text, wanted, from) => text.includes(wanted, from));
  check("startsWith", (text, wanted, from) => text.startsWith(wanted, from));
  check("endsWith", (text, wanted, from) => text.endsWith(wanted, from));
  check("split", (text, wanted, _from, to) => text.split(wanted, to === undefined ? undefined : Math.abs(to)));
  check("iteration", (text) => Array.from(text));
  check("concatenation", (text, wanted) => wanted + text);

  it("match, matchAll, search, split and count with a RegExp are what they are for a string", () => {
    const flags = constantFrom("", "d");
    assert(
      property(letters, patterns, flags, nat(10), (text, pattern, flag, lastIndex) => {
        const all = new RegExp(pattern.source, pattern.flags + flag);
        all.lastIndex = lastIndex;
        const first = new RegExp(pattern.source, pattern.flags.replace("g", "") + flag);
        const long = longText(text);
        expect([...long.matchAll(all)].map(found)).toEqual([...text.matchAll(all)].map(found));
        expect(all.lastIndex).toBe(lastIndex);
        expect(found(long.match(first))).toEqual(found(text.match(first)));
        all.lastIndex = 0;
        expect(long.match(all)).toEqual(text.match(all));
        expect(long.search(first)).toBe(text.search(first));
        expect(long.split(first)).toEqual(text.split(first));
        expect(long.count(all)).toBe([...text.matchAll(all)].length);
      }),
      { numRuns: 3_000 },
    );
  });

  it("chunks() gives all of the text, in pieces of at most the size that was asked for, and ends", () => {
    assert(
      property(
        array(boolean(), { minLength: 1, maxLength: 60 }),
        integer({ min: 2, max: 9 }),
        nat(7),
        (wide, size, most) => {
          // Every character stands once, so that a chunk tells where it is from.
          const text = wide.map((isWide, n) => String.fromCodePoint((isWide ? 0x1f600 : 0x4e00) + n)).join("");
          const overlap = Math.min(most, size - 2);
          let end = 0;
          for (const chunk of longText(text).chunks(size, overlap)) {
            const start = text.indexOf(chunk);
            expect(chunk.length).toBeLessThanOrEqual(size);
            expect(chunk.isWellFormed()).toBe(true);
            if (end > 0) expect([-1, 0, 1]).toContain(end - start - overlap);
            expect(start + chunk.length).toBeGreaterThan(end);
            end = start + chunk.length;
          }
          expect(end).toBe(text.length);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
