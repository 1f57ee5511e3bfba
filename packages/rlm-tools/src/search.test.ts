import { runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { array, assert as holds, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { createSearch, search } from "./search.ts";
import { createSearchLibrary } from "./search/search-library.ts";

const text = `${"Nothing of note here.\n".repeat(200)}Captain Ahab struck the whale.\n${"More of the same.\n".repeat(200)}東京都の天気`;

it("search finds by words and by near spellings, with offsets of the source, by one index", () => {
  const library = createSearchLibrary();
  const [hit] = library.search("bm25", "whale ahab", text, 3);
  expect(hit?.text).toContain("Ahab struck");
  expect(text.slice(hit?.start, hit?.end)).toBe(hit?.text);
  expect(library.search("bm25", "whael", text, 3)).toEqual([]);
  expect(library.search("fuzzy", "captian ahaab", text, 1)[0]?.text).toContain("Ahab struck");
  expect(library.search("bm25", "天気", text, 1)[0]?.text).toContain("東京都の天気");
  expect(library.search("bm25", "", text, 1)).toEqual([]);
  expect(library.builds()).toBe(1);
});

it("search.fuzzy finds a name whose letters are swapped, as short as it is, and no word two edits away", () => {
  const names = ["Sent by John.", "Sent by Joan.", "Sent by Bob."];
  const hits = createSearchLibrary().search("fuzzy", "Jonh", names, 5);
  expect(hits.map(({ key }) => key)).toEqual([0]);
});

it("search scores by BM25+ as MiniSearch documents it, best first, and equal ones in their order", () => {
  const word = constantFrom("tide", "dog", "heron", "rain", "rose");
  const documents = array(
    array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(" ")),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  const queries = array(word, { minLength: 1, maxLength: 3 }).map((words) => [...new Set(words)]);
  holds(
    property(documents, queries, (within, query) => {
      const expected = within
        .map((text, key) => ({ key, score: bm25Plus(text, within, query) }))
        .filter(({ score }) => score > 0)
        .toSorted((a, b) => b.score - a.score || a.key - b.key);
      const hits = createSearchLibrary().search("bm25", query.join(" "), within, 10);
      expect(new Set(hits.map(({ key }) => key))).toEqual(new Set(expected.map(({ key }) => key)));
      hits.forEach((hit, at) => {
        expect(hit.score).toBeCloseTo(expected[at]?.score ?? NaN, 2);
        const next = hits[at + 1];
        if (next !== undefined && next.text === hit.text) expect(Number(next.key)).toBeGreaterThan(Number(hit.key));
      });
    }),
  );
});

// k = 1.2, b = 0.7, d = 0.5; MiniSearch's length of a document counts each word once; a document's score is weighted by the share of the query's words that it has.
function bm25Plus(text: string, all: readonly string[], query: readonly string[]): number {
  const words = text.split(" ");
  const length = (other: string): number => new Set(other.split(" ")).size;
  const average = all.reduce((sum, other) => sum + length(other), 0) / all.length;
  let score = 0;
  let matched = 0;
  for (const term of query) {
    const frequency = words.filter((word) => word === term).length;
    if (frequency === 0) continue;
    matched++;
    const having = all.filter((other) => other.split(" ").includes(term)).length;
    const rarity = Math.log(1 + (all.length - having + 0.5) / (having + 0.5));
    const share = (frequency * 2.2) / (frequency + 1.2 * (0.3 + (0.7 * length(text)) / average));
    score += rarity * (0.5 + share);
  }
  return score * Math.max(matched, 1);
}

it("search goes through 100,000 equal lines and one word of a million letters", () => {
  const library = createSearchLibrary();
  const hits = library.search("bm25", "tide", "The tide rose.\n".repeat(100_000), 3);
  expect(hits.map(({ start }) => start)).toEqual([0, hits[0]?.end, hits[1]?.end]);
  expect(library.search("fuzzy", "x", "x".repeat(1_000_000), 2)).toEqual([]);
  expect(library.search("bm25", "x".repeat(1_000), "x".repeat(1_000_000), 2)).toHaveLength(2);
});

it.each([
  [[3, "a", 1], "search.bm25: expected query to be a string, got number"],
  [[["a"], "a", 1], "search.bm25: expected query to be a string, got an array"],
  [["a", null, 1], "search.bm25: expected within to be a text, an array or an object, got null"],
  [["a", 3, 1], "search.bm25: expected within to be a text, an array or an object, got number"],
  [["a", "a", 0], "search.bm25: expected max to be an integer of 1 or more, got 0"],
  [["a", "a", "2"], "search.bm25: expected max to be an integer of 1 or more, got string"],
])("search says what is wrong with %j", ([query, within, max], message) => {
  expect(() => createSearchLibrary().search("bm25", query as string, within, max as number)).toThrow(message);
});

it("search refuses a text above its bound before it reads it", () => {
  const long = { length: 100_000_001, matchAll: () => [], slice: () => expect.fail("It was read") };
  expect(() => createSearchLibrary().search("bm25", "a", long, 1)).toThrow(
    new RangeError("search.bm25: within is too long: search a part of it, such as a slice"),
  );
});

it("search gives equal documents in their order, with their keys", () => {
  const hits = createSearchLibrary().search("bm25", "same", ["a same", "b", "c same"], 5);
  expect(hits.map(({ key }) => key)).toEqual([0, 2]);
});

it("search.bm25 and search.fuzzy run in the REPL over the context", async () => {
  const model = scriptedModel([
    '```repl\nconst [a] = search.bm25("whale ahab"); const [b] = search.fuzzy("ahaab");\nprint(a); FINAL(context.slice(a.start, a.end) === a.text && a.start === b.start ? a.text : "no")\n```',
  ]);
  const { answer } = await runRlm(
    { query: "Who struck?", context: text },
    { model, tools: [search], limits: { directBelow: 0 } },
  );
  expect(answer).toContain("Ahab struck");
});

it("search.semantic and search.store run in the REPL; each passage is embedded once, in batches", async () => {
  const asked: string[][] = [];
  const kit = createSearch({
    embed: async (texts) => {
      if (texts.includes("broken")) return [[NaN, 1]];
      asked.push(texts);
      return texts.map((text) => [/dog|puppy/.test(text) ? -1.5 : 0.25, /whale|sea/.test(text) ? 1 : 0]);
    },
    store: async (query, { max }) => [{ text: `${query} ${max}`, score: 1, metadata: { page: 3 } }],
  });
  const model = scriptedModel([
    `\`\`\`repl
const within = ["a dog", "a whale", "a dog", ...Array.from({ length: 70 }, (_, at) => "rain " + at)];
const [one, both] = await Promise.all([search.semantic("puppy", { within, max: 2 }), search.semantic("sea", { within, max: 1 })]);
const [kept] = await search.store("page", { max: 4 });
const broken = await search.semantic("broken", { within }).catch((error) => error.message);
const wrong = await search.semantic(3).catch((error) => error.message);
FINAL(JSON.stringify([one, both, kept, wrong, broken]))
\`\`\``,
  ]);
  const { answer } = await runRlm(
    { query: "Find.", context: text },
    { model, tools: [kit], limits: { directBelow: 0 } },
  );
  expect(JSON.parse(answer)).toEqual([
    [
      { key: 0, start: 0, end: 5, text: "a dog", score: 1 },
      { key: 2, start: 0, end: 5, text: "a dog", score: 1 },
    ],
    [{ key: 1, start: 0, end: 7, text: "a whale", score: 1 }],
    { text: "page 4", score: 1, metadata: { page: 3 } },
    "search.semantic: expected query to be a string, got number",
    expect.stringContaining("Cannot use the vectors of embed: expected one for each text"),
  ]);
  expect(asked.map((texts) => texts.length)).toEqual([64, 9, 1]);
  expect(new Set(asked.flat()).size).toBe(74);
});

it("search embeds no more in one call than its arguments may have, to the character", async () => {
  const sizes: number[] = [];
  const embed = async ({ texts }: { texts: string[] }): Promise<string[]> => {
    sizes.push(JSON.stringify({ texts }).length);
    return texts.map(() => "AACAPw==");
  };
  const within = ["ab", "cd", '"\n', "e".repeat(40)];
  for (const bound of [32, 31, 10]) await createSearchLibrary().semantic("q", within, 1, embed, bound);
  // The query and three of the passages; and two of them; each by itself, for less it cannot be.
  expect(sizes).toEqual([32, 54, 25, 18, 54, 15, 16, 16, 18, 54]);
});

it("search goes through what reads as a LongText as through its text", () => {
  const long = { length: text.length, matchAll: () => [], slice: (from: number, to: number) => text.slice(from, to) };
  const [asLong, asText] = [long, text].map((within) => createSearchLibrary().search("bm25", "whale ahab", within, 2));
  expect(asLong).toEqual(asText);
});
