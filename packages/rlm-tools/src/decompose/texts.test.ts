import { array, assert as holds, constantFrom, integer, property, string } from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { O200K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/esm/encodingParams/constants";
import { describe, expect, it, vi } from "vitest";
import { chunks, type Piece } from "./chunks.ts";
import { code } from "./code.ts";
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

/** Whether a place in a text is between two characters as people see them. */
function isBetween(text: string, at: number): boolean {
  if (at === 0 || at === text.length) return true;
  const found = new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text).containing(at);
  return found?.index === at;
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

  it.each(["paragraphs", "sentences", "sections", "records", "turns"])(
    "%s() cuts no character as people see them",
    (name) => {
      const cut = covering[name] as (text: string) => Piece[];
      holds(
        property(texts, (text) => {
          expect(cut(text).filter(({ start }) => !isBetween(text, start))).toEqual([]);
        }),
      );
    },
  );
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
  });
});

describe("what each kind of text is cut into", () => {
  it("sentences() knows abbreviations, Korean and Japanese", () => {
    const text =
      "Dr. Kim met J. Park at 3 p.m. in Seoul. They spoke, e.g. Of ships! 안녕하세요. 반갑습니다! 今日は雨。明日も？";
    expect(sentences(text).map((piece) => piece.text.trim())).toEqual([
      "Dr. Kim met J. Park at 3 p.m. in Seoul.",
      "They spoke, e.g. Of ships!",
      "안녕하세요.",
      "반갑습니다!",
      "今日は雨。",
      "明日も？",
    ]);
  });

  it("each says what to do with a LongText and with what is no text", () => {
    const longText = { length: 10, chunks: () => [], slice: () => "" };
    for (const cut of [paragraphs, sentences, sections, records, rows, code]) {
      expect(() => cut(longText as never)).toThrow(/got a LongText: go through it by `for \(const part of text.chunks/);
      expect(() => cut(["a"] as never)).toThrow(/expected text to be a string, got an array/);
    }
    expect(() => turns(longText as never)).toThrow(/got a LongText/);
    expect(() => tokens(longText as never, { size: 8 })).toThrow(/got a LongText/);
    expect(() => tokens("a", { size: 3 })).toThrow(/expected size to be an integer of 4 or more, got 3/);
    expect(() => tokens("a", { size: 8, overlap: 5 })).toThrow(/expected overlap to be an integer from 0 to 4, got 5/);
  });

  it("paragraphs() ends at blank lines, also of blanks and CRLF", () => {
    const pieces = paragraphs("\n\nOne\nstill one\n \t\n\r\nTwo\r\n\r\n  Three");
    expect(pieces.map((piece) => piece.text.trim())).toEqual(["One\nstill one", "Two", "Three"]);
  });

  it("sections() gives titles and paths, and takes no heading out of a code block", () => {
    const text = "intro\n\n# A #\n\n```sh\n# not one\n```\n\nB *b*\n---\n\n### C\nx\n# D\n";
    expect(sections(text).map(({ title, level, path }) => [title, level, path.join("/")])).toEqual([
      ["", 0, ""],
      ["A", 1, "A"],
      ["B *b*", 2, "A/B *b*"],
      ["C", 3, "A/B *b*/C"],
      ["D", 1, "D"],
    ]);
  });

  it("rows() reads CSV with line breaks in quotes, TSV, JSON arrays and JSON Lines, each with its place", () => {
    const csv = 'name,says\r\nAnn,"one\r\ntwo, ""three"""\r\nBob,hi\r\n';
    const table = rows(csv);
    expect(table.map(({ value }) => value)).toEqual([
      { name: "Ann", says: 'one\r\ntwo, "three"' },
      { name: "Bob", says: "hi" },
    ]);
    for (const { text, start, end } of table) expect(csv.slice(start, end)).toBe(text);
    expect(table[1]?.text).toBe("Bob,hi\r\n");
    expect(rows("a\tb\n1\t2", { format: "tsv" })[0]?.value).toEqual({ a: "1", b: "2" });
    expect(rows("1,2\n3,4", { header: false }).map(({ value }) => value)).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
    const json = '[1, {"a": [2, {"b": "],["}]}, "x", [null]]';
    const list = rows(json);
    expect(list.map(({ value }) => value)).toEqual([1, { a: [2, { b: "],[" }] }, "x", [null]]);
    for (const { text, start, end } of list) expect(json.slice(start, end)).toBe(text);
    const lines = rows('{"a":1}\n\n{"a":\n{"a":3}');
    expect(lines.map(({ value, error }) => value ?? typeof error)).toEqual([{ a: 1 }, "string", { a: 3 }]);
    expect(() => rows("[1, 2", { format: "xml" as never })).toThrow(/expected format to be csv, tsv, json, jsonl/);
  });

  it("turns() reads transcripts with and without times, and lists of messages", () => {
    const text = "Minutes\nAnn Lee: Hello.\nsee https://x.org: y\n[10:02:11] Bob: Hi\nall.\n**Carol** (10:03):\nYes\n";
    expect(turns(text).map(({ speaker }) => speaker)).toEqual(["", "Ann Lee", "Bob", "Carol"]);
    expect(
      turns([
        { role: "user", content: "a" },
        { name: "Ann", text: "b" },
      ]),
    ).toEqual([
      { speaker: "user", text: "a", index: 0 },
      { speaker: "Ann", text: "b", index: 1 },
    ]);
    expect(() => turns(7 as never)).toThrow(/expected a string or an array of messages, got number/);
  });

  it("records() keeps the lines of a stack trace with their entry", () => {
    const log = [
      "2026-01-31 12:00:00,123 ERROR boom",
      "java.lang.Error: x",
      "\tat a.b(C.java:1)",
      "2026-01-31T12:00:01Z INFO fine",
      "Jan 31 12:00:02 host sshd[1]: hello",
      '{"level":"info"}',
      "[WARN] careful",
      "  more",
    ].join("\n");
    expect(records(log).map(({ lines }) => lines)).toEqual([3, 1, 1, 1, 2]);
    expect(records("A 1\nb\nA 2\nb", { begins: /^A/g }).map(({ lines }) => lines)).toEqual([2, 2]);
    expect(() => records("x", { begin: /x/ } as never)).toThrow(/unknown option "begin", expected begins/);
  });

  it.each([
    [
      "a.ts",
      "import a from 'a';\n\n// Adds.\nexport function add(a: number) { return a; }\nexport class Sum { of() {} }\nconst twice = (a) => a;\ninterface Shape { a: 1 }\nlet x = 1;\n",
      ["other ", "function add", "class Sum", "function twice", "interface Shape", "other "],
      ["of"],
    ],
    [
      "a.py",
      "import a\n\n@dec\ndef add(x):\n  return 1\n\nclass Sum:\n  def of(self): pass\n",
      ["other ", "function add", "class Sum"],
      ["of"],
    ],
    [
      "a.java",
      "package a;\n/** A sum. */\npublic class Sum { int x; int of() { return 1; } }\n",
      ["other ", "class Sum"],
      ["of"],
    ],
    [
      "a.cpp",
      "#include <a>\nstd::string *add(int x) { return 0; }\nstruct S { int x; };\nvoid Sum::of() {}\n",
      ["other ", "function add", "struct S", "function Sum::of"],
      [],
    ],
    [
      "a.go",
      "package a\n\nfunc (s *Sum) Of() {}\nfunc add() {}\ntype Sum struct { x int }\n",
      ["other ", "method Of", "function add", "type Sum"],
      [],
    ],
    [
      "a.rs",
      "use a;\npub fn add(x: i32) -> i32 { 1 }\nimpl Shape for Sum { fn of(&self) {} }\n",
      ["other ", "function add", "impl Shape for Sum"],
      ["of"],
    ],
    [
      "a.php",
      "<?php\nfunction add($x) { return 1; }\nclass Sum { function of() {} }\n",
      ["other ", "function add", "class Sum"],
      ["of"],
    ],
  ])("code() finds the declarations of %s, by its ending and by its looks", (file, text, expected, members) => {
    for (const options of [{ file }, {}]) {
      const pieces = code(text, options);
      expectCover(text, pieces);
      expect(pieces.map(({ kind, name }) => `${kind} ${name}`)).toEqual(expected);
      expect(pieces.flatMap((piece) => piece.members.map(({ name }) => name))).toEqual(members);
    }
  });

  it("code() reads one long line no more often than a short one", () => {
    const [short, long] = [1_000, 2_000].map((length) => {
      const text = "a=1;".repeat(length);
      let read = 0;
      const { slice, lastIndexOf } = String.prototype;
      const spies = [
        vi.spyOn(String.prototype, "slice").mockImplementation(function (this: string, ...range) {
          const part = slice.apply(this, range);
          read += part.length;
          return part;
        }),
        vi.spyOn(String.prototype, "lastIndexOf").mockImplementation(function (this: string, sought, from = Infinity) {
          const at = lastIndexOf.call(this, sought, from);
          read += Math.min(from, this.length) - at;
          return at;
        }),
      ];
      try {
        expect(code(text, { language: "javascript" })).toHaveLength(1);
      } finally {
        for (const spy of spies) spy.mockRestore();
      }
      return read / text.length;
    });
    expect(long).toBeLessThan(1.5 * (short ?? 0));
  });

  it("code() says which languages it reads", () => {
    expect(() => code("x", { language: "cobol" })).toThrow(/cannot read the language "cobol", expected php, cpp, go/);
    expect(() => code("x", { file: "a.zip" })).toThrow(/cannot read files that end in .zip: give \{ language \}/);
    expect(() => code("plain words")).toThrow(/cannot tell the language of this text/);
  });
});
