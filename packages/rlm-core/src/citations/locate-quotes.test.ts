import { describe, expect, it } from "vitest";
import { named } from "../named.ts";
import { storeContexts } from "../store-context.ts";
import { memoryStore } from "../stores/memory.ts";
import { locateQuotes } from "./locate-quotes.ts";
import { misquoted } from "./passages.ts";
import { quoteForm } from "./quote-form.ts";
import { sourcesIn } from "./sources.ts";

const store = memoryStore();
const text = `${"filler ".repeat(400_000)}Café “Zürich” was opened — in 1904.\r\n  They said: it’s closed.`;
const rows = {
  "d.e": "A passage of one key",
  d: { e: "Another passage of that key" },
  year: 1904,
  a: ["Café was opened in 1905, they say.", "7.2 bar"],
  b: { c: "한국어 문장을 인용한다" },
};

async function locate(...quotes: [quote: string, source?: string][]) {
  const contexts = await storeContexts(named({ text, rows }), store);
  const sources = sourcesIn(contexts, 0);
  const evidence = quotes.map(([quote, source]) => ({ claim: "c", quote, source }));
  return { sources, ...(await locateQuotes(evidence, sources, store)) };
}

describe("locateQuotes()", () => {
  it("locateQuotes() finds what differs in white space, typography or composition, across pieces, and gives the source's own", async () => {
    const { citations, unverified, sources } = await locate(
      ['Cafe\u0301 "Zürich" was opened - in 1904. They said: it\'s closed'],
      [`${"filler ".repeat(3)}Café`.trim()],
      ["7.2 bar"],
      ["한국어 문장을".normalize("NFD")],
      ["Café was opened in 1905", "b"],
      ["1904"],
      ["A passage of one key"],
      ["Another passage of that key"],
    );
    expect(unverified).toEqual([]);
    expect(citations.map(({ quote }) => quote)).toEqual([
      "Café “Zürich” was opened — in 1904.\r\n  They said: it’s closed",
      "filler filler filler Café",
      "7.2 bar",
      "한국어 문장을",
      "Café was opened in 1905",
      "1904",
      "A passage of one key",
      "Another passage of that key",
    ]);
    expect(citations.map(({ source, key }) => [source, key])).toEqual([
      ["text", undefined],
      ["text", undefined],
      ["rows", "a.1"],
      ["rows", "b.c"],
      ["rows", "a.0"],
      ["rows", "year"],
      ["rows", "d.e"],
      ["rows", "d.e"],
    ]);
    for (const { source, start, end, quote } of citations.filter((one) => one.source === "text"))
      expect([source, text.slice(start, end)]).toEqual(["text", quote]);
    expect(await misquoted(citations, sources, store)).toBeUndefined();
    const [first] = citations as [(typeof citations)[0]];
    for (const forged of [
      { ...first, quote: `${first.quote.slice(0, -1)}X` },
      { ...first, source: "other" },
      { ...first, key: "a.0" },
      { ...first, start: first.start - 1, end: first.end - 1 },
      { ...first, start: 1e9, end: 1e9 + first.quote.length },
    ])
      expect(await misquoted([...citations, forged], sources, store)).toBe(forged);
  });

  it("locateQuotes() finds nothing where a word, a number or a letter's case is another, or the quote proves nothing", async () => {
    const wrong = [
      "Café Zürich was opened",
      "was opened — in 1905.",
      "café “zürich” was opened",
      "1905",
      "",
      "x".repeat(3_000),
    ];
    const { citations, unverified } = await locate(...wrong.map((quote): [string] => [quote]));
    expect(citations).toEqual([]);
    expect(unverified.map(({ quote }) => quote)).toEqual(wrong);
  });
});

describe("quoteForm()", () => {
  it("quoteForm() counts letters and digits, those of Korean and Japanese twice", () => {
    const short = ["the", "in 1904.", "--- *** ---", "안녕하세요", "7.2 bar"];
    const long = ["The valve was closed", "밸브가 정오에 닫혔다", "バルブは閉じた", "1904-11-26 12:00"];
    expect(short.filter((quote) => !quoteForm(quote).short)).toEqual([]);
    expect(long.filter((quote) => quoteForm(quote).short)).toEqual([]);
  });
});
