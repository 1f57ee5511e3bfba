import { array, assert, asyncProperty, constantFrom, dictionary, integer, jsonValue, record, string } from "fast-check";
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import { indexObject, indexRows } from "./index-rows.ts";
import { readRows } from "./read-rows.ts";
import type { RowFormat } from "./row-index.ts";

async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

const read = (text: string) => ({ length: text.length, read: (from: number, to: number) => text.slice(from, to) });

async function allRows(text: string, format: RowFormat, size = 7): Promise<unknown[]> {
  const index = await indexRows(inPieces(text, size), format);
  const rows: unknown[] = [];
  while (rows.length < index.count) {
    const { first, json } = readRows(read(text), index, rows.length);
    expect(first).toBe(rows.length);
    rows.push(...(JSON.parse(json) as unknown[]));
  }
  expect(rows.length).toBe(index.count);
  return rows;
}

const json = jsonValue({ maxDepth: 3 });
const size = integer({ min: 1, max: 20 });

describe("indexRows()", () => {
  it("finds the values of JSON Lines, blank lines and CRLF or not, however the text is cut", async () => {
    await assert(
      asyncProperty(
        array(json, { maxLength: 12 }),
        constantFrom("\n", "\r\n", "\n\n", "\n \r\n"),
        size,
        async (values, end, cut) => {
          const text = values.map((value) => JSON.stringify(value) + end).join("");
          expect(await allRows(text, "jsonl", cut)).toEqual(JSON.parse(JSON.stringify(values)));
          expect(await allRows(text.trimEnd(), "jsonl", cut)).toEqual(JSON.parse(JSON.stringify(values)));
        },
      ),
    );
  });

  it("gives a line that is not JSON as its text", async () => {
    expect(await allRows('{"a":1}\n{"a":\n[2]\n', "jsonl")).toEqual([{ a: 1 }, '{"a":', [2]]);
  });

  it("finds the elements of a JSON array, however it is written and cut", async () => {
    await assert(
      asyncProperty(array(json, { maxLength: 12 }), constantFrom(0, 1, "\t"), size, async (values, indent, cut) => {
        expect(await allRows(` ${JSON.stringify(values, null, indent)}\n`, "json", cut)).toEqual(
          JSON.parse(JSON.stringify(values)),
        );
      }),
    );
  });

  it("finds the members of a JSON object, however it is written and cut", async () => {
    await assert(
      asyncProperty(
        dictionary(string(), json, { maxKeys: 12 }),
        constantFrom(0, 1),
        size,
        async (value, indent, cut) => {
          const text = JSON.stringify(value, null, indent);
          const index = await indexObject(inPieces(text, cut));
          const entries = index.map(([key, from, to]) => [key, JSON.parse(text.slice(from, to)) as unknown]);
          expect(entries).toEqual(Object.entries(JSON.parse(text) as object));
        },
      ),
    );
  });

  it("finds the rows of comma-separated values, with quotes and line ends in them, however the text is cut", async () => {
    const field = string({ unit: constantFrom("a", '"', ",", "\n", "\r\n", " ", "가"), maxLength: 6 });
    const row = record({ name: field, note: field, n: integer() });
    await assert(
      asyncProperty(
        array(row, { minLength: 1, maxLength: 12 }),
        constantFrom("\n", "\r\n"),
        size,
        async (rows, newline, cut) => {
          const text = Papa.unparse(rows, { newline });
          expect(await allRows(text, "csv", 1_000_000)).toEqual(rows);
          const index = await indexRows(inPieces(text, cut + 40), "csv");
          expect(index.count).toBe(rows.length);
        },
      ),
    );
  });

  it("tells numbers from what only looks like them, and keeps every column apart", async () => {
    const text = "id;zip;price;id;;long\n1;01234;2.50;x;;12345678901234567890\n2;9876;-3e2;y;z;1\n3;55555;;;;2;extra\n";
    const index = await indexRows(inPieces(text, 1_000), "csv");
    expect(index.table).toEqual({
      delimiter: ";",
      columns: [
        { name: "id", numeric: true },
        { name: "zip", numeric: false },
        { name: "price", numeric: true },
        { name: "id_2", numeric: false },
        { name: "column_5", numeric: false },
        { name: "long", numeric: false },
      ],
    });
    expect(await allRows(text, "csv", 1_000)).toEqual([
      { id: 1, zip: "01234", price: 2.5, id_2: "x", column_5: "", long: "12345678901234567890" },
      { id: 2, zip: "9876", price: -300, id_2: "y", column_5: "z", long: "1" },
      { id: 3, zip: "55555", price: "", id_2: "", column_5: "", long: "2", column_7: "extra" },
    ]);
  });

  it("cuts many rows into groups, and finds any of them", async () => {
    const text = Array.from({ length: 100_000 }, (_, n) => `{"n":${n}}\n`).join("");
    const index = await indexRows(inPieces(text, 50_000), "jsonl");
    expect(index.groups.length).toBeGreaterThan(3);
    for (const n of [0, 1, 25_000, 99_999]) {
      const { first, json: group } = readRows(read(text), index, n);
      expect((JSON.parse(group) as unknown[])[n - first]).toEqual({ n });
    }
  });

  it("is a SyntaxError for what is cut or has no end of a row", async () => {
    await expect(indexRows(inPieces('[1, {"a": [2', 5), "json")).rejects.toThrow("it ends in the middle");
    await expect(indexRows(inPieces("[1] 2", 5), "json")).rejects.toThrow("there is more after its end");
    await expect(indexObject(inPieces('{"a": 1, b: 2}', 5))).rejects.toThrow("a member of it has no name");
    await expect(indexRows(inPieces("x".repeat(20_000_000), 1_000_000), "jsonl")).rejects.toThrow(
      "without the end of a row",
    );
  });
});
