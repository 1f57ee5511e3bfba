import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { O200K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/esm/encodingParams/constants";
import { expect, it } from "vitest";
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

const tokens = tokenPieces(countTokens, O200K_TOKEN_SPLIT_REGEX);
const cuts: Record<string, (text: string) => Piece[]> = {
  chunks: (text) => chunks(text, { size: 20_000 }),
  tokens: (text) => tokens(text, { size: 5_000 }),
  lines,
  paragraphs,
  sentences,
  sections,
  records,
  turns: (text) => turns(text),
  rows: (text) => rows(text, { format: "csv", header: false }),
  // In groups of words, or what is as long as one.
  pack: (text) => packed(text, text.match(/.{1,9} ?/g) ?? []),
};
const length = 50_000_000;
const texts = {
  "one word": "x".repeat(length),
  "words without a line break": "some words ".repeat(length / 11),
  blanks: " ".repeat(length),
};

function packed(text: string, items: string[]): Piece[] {
  let end = 0;
  return pack(items, { size: 20_000 }).map((group) => {
    const start = end;
    end += group.items.reduce((sum, item) => sum + item.length, 0);
    return { text: text.slice(start, end), start, end };
  });
}

// The compute budget of a block in the REPL.
const budgetMs = 30_000;

for (const [kind, text] of Object.entries(texts)) {
  it.each(Object.keys(cuts))(`%s() cuts one line of 50 MB of ${kind}, within a block's budget`, (name) => {
    const cut = cuts[name] as (text: string) => Piece[];
    const start = performance.now();
    const pieces = cut(text);
    expect(performance.now() - start).toBeLessThan(budgetMs);
    // Of rows, blank ones are left out.
    if (name === "rows" && kind === "blanks") return expect(pieces).toEqual([]);
    let end = 0;
    for (const piece of pieces) {
      if (piece.start !== end) throw new Error(`a piece begins at ${piece.start}, the one before ends at ${end}`);
      end = piece.end;
    }
    return expect(end).toBe(text.length);
  });
}

// Of what parsing alone takes 2 microseconds a character.
it.each(["a=1;", "function f(x){} ", "some words ", " ", "x", "/**/ ", "class A { x = () => 1 } "])(
  "code() cuts one line of 0.5 and 1 MB of %j, in time that grows with its length",
  (part) => {
    const [once = 0, twice = 0] = [500_000, 1_000_000].map((length) => {
      const text = part.repeat(length / part.length);
      const start = performance.now();
      const pieces = code(text, { language: "javascript" });
      const took = performance.now() - start;
      expect(pieces.map((piece) => piece.text).join("") === text).toBe(true);
      return took;
    });
    expect(twice).toBeLessThan(budgetMs);
    expect(twice).toBeLessThan(3.5 * Math.max(once, 200));
  },
);
