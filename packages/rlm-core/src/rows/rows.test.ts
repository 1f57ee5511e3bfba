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

  it("counts as many rows as it reads, whatever the text is: with odd quotes, blank lines and line ends of several kinds", async () => {
    const units = [
      "a",
      "1",
      '"',
      '""',
      ",",
      ',"',
      '",',
      "\t",
      "\n",
      "\r\n",
      "\r",
      " ",
      "\u00a0",
      "\u3000",
      "\u0001",
      "\u2028",
    ];
    await assert(
      asyncProperty(
        string({ unit: constantFrom(...units), maxLength: 30 }),
        constantFrom("", "h1,h2\n", "h1\th2\r\n", '"h 1";h2\n'),
        constantFrom<RowFormat>("csv", "jsonl"),
        async (text, head, format) => {
          await allRows(head + text, format, 1_000);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("keeps rows apart where line ends are mixed, a line holds tabs alone, or a quote stands inside of a field", async () => {
    expect(await allRows("a,b\r\n1,2\n3,4\n5,6\r\n", "csv", 1_000)).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
      { a: 5, b: 6 },
    ]);
    expect(await allRows("a\tb\n1\t2\n\t\n3\t4\n", "csv", 1_000)).toEqual([
      { a: 1, b: 2 },
      { a: "", b: "" },
      { a: 3, b: 4 },
    ]);
    expect(await allRows('a,b\n5" pipe,"x" \n"6"" pipe"y,"cut', "csv", 1_000)).toEqual([
      { a: '5" pipe', b: "x" },
      { a: '6" pipey', b: "cut" },
    ]);
    expect(await allRows("cut {\r\n1\r\n", "jsonl", 1_000)).toEqual(["cut {", 1]);
  });

  it("takes no value for another: a number that none can hold, columns whose names would meet", async () => {
    expect(await allRows("n,x\n1e400,0.30000000000000004\n2,1\n", "csv", 1_000)).toEqual([
      { n: "1e400", x: 0.30000000000000004 },
      { n: "2", x: 1 },
    ]);
    expect(await allRows("a,a_2,a,column_6\n1,2,3,4,5,6\n", "csv", 1_000)).toEqual([
      { a: 1, a_2: 2, a_3: 3, column_6: 4, column_5: "5", column_6_2: "6" },
    ]);
  });

  it("goes through a text once, also for rows that have no quotes, or hundreds of thousands", async () => {
    const cells = Array.from({ length: 200_000 }, (_, n) => `"f${n}"`).join(" x");
    for (const text of [`a,b\n${cells}\n`, "plain,row\n".repeat(800_000)]) {
      const begin = performance.now();
      await indexRows(inPieces(text, 8_000_000), "csv");
      // A search to the end of the text for each row, or for each quote, takes more than ten seconds.
      expect(performance.now() - begin).toBeLessThan(5_000);
    }
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
