import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { O200K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/esm/encodingParams/constants";
import { expect, it } from "vitest";
import { code } from "./code.ts";
import { paragraphs } from "./paragraphs.ts";
import { records } from "./records.ts";
import { rows } from "./rows.ts";
import { sections } from "./sections.ts";
import { sentences } from "./sentences.ts";
import { tokenPieces } from "./tokens.ts";
import { turns } from "./turns.ts";

const tokens = tokenPieces(countTokens, O200K_TOKEN_SPLIT_REGEX);

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
  expect(() => tokens("a", {})).toThrow(/expected size to be an integer of 4 or more, got undefined/);
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
