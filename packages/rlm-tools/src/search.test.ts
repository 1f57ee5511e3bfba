import { runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { expect, it } from "vitest";
import { search } from "./search.ts";
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
