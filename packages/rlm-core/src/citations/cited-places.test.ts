import { describe, expect, it } from "vitest";
import { named } from "../named.ts";
import { storeContexts } from "../store-context.ts";
import { memoryStore } from "../stores/memory.ts";
import type { Citation } from "./citation.ts";
import { citedPlaces } from "./cited-places.ts";

describe("citedPlaces()", () => {
  it("citedPlaces() counts lines and columns as they are, across pieces and in strings of objects", async () => {
    const text = Array.from({ length: 300_000 }, (_, line) => `line ${line} of it`).join("\n");
    const files = { "a.txt": "one\n\ntwo three", "b.txt": "four" };
    const store = memoryStore();
    const contexts = await storeContexts(named({ text, files }), store);
    const at = (source: string, within: string, quote: string, key?: string): Citation => {
      const start = within.indexOf(quote);
      return { claim: "c", source, ...(key && { key }), start, end: start + quote.length, quote };
    };
    const places = await citedPlaces(
      [
        at("text", text, "299999 of"),
        at("files", files["a.txt"], "three", "a.txt"),
        at("text", text, "line 0 of it"),
        at("files", files["b.txt"], "four", "b.txt"),
        at("text", text, "of it\nline 2 "),
        { ...at("text", text, "line"), source: "context_0" },
      ],
      contexts,
      store,
    );
    expect(places.map(({ line, column }) => [line, column])).toEqual([
      [300_000, 6],
      [3, 5],
      [1, 1],
      [1, 1],
      [2, 8],
      [undefined, undefined],
    ]);
  });

  it("citedPlaces() counts pages by the form feeds before a place, across pieces and in strings of objects", async () => {
    const text = `first\f${"second ".repeat(400_000)}\fthird\fthird, or fourth`;
    const store = memoryStore();
    const contexts = await storeContexts(named({ text, files: { "a.pdf": "one\ftwo", "b.pdf": "one" } }), store);
    const at = (source: string, start: number, key?: string): Citation => {
      return { claim: "c", source, ...(key && { key }), start, end: start + 3, quote: "any" };
    };
    const cited = [
      at("text", text.indexOf("third,")),
      at("text", 0),
      at("text", text.indexOf("third")),
      at("text", 2_000_000),
      at("files", 4, "a.pdf"),
      at("files", 0, "b.pdf"),
    ];
    expect((await citedPlaces(cited, contexts, store)).map(({ page }) => page)).toEqual([
      4,
      undefined,
      3,
      2,
      2,
      undefined,
    ]);
  });
});
