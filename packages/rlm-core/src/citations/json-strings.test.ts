import { describe, expect, it } from "vitest";
import { jsonStrings, stringsIn } from "./json-strings.ts";

async function read(json: string, size: number): Promise<unknown[]> {
  async function* pieces() {
    for (let at = 0; at < json.length; at += size) yield json.slice(at, at + size);
  }
  const strings: unknown[] = [];
  for await (const one of jsonStrings(pieces())) strings.push(one);
  return strings;
}

describe("jsonStrings()", () => {
  it("jsonStrings() gives every string with its place as stringsIn() does, wherever the text is cut", async () => {
    const value = {
      plain: "a",
      'odd "name\\': ["x", { deep: ["y\\", '"', "", "{[,:]}"] }, 5, -1.5e-7, 123456789012345, null, true, "z\u2028é🌏"],
      "a.b": { c: "dotted" },
      empty: {},
      none: [],
      last: { text: "end" },
    };
    for (const json of [JSON.stringify(value), JSON.stringify(value, null, 2), JSON.stringify([value, [["s"]]])]) {
      const expected = [...stringsIn(JSON.parse(json))];
      expect(expected.length).toBeGreaterThan(8);
      for (const size of [1, 2, 3, 7, 1_000]) expect(await read(json, size)).toEqual(expected);
    }
  });
});
