import { Document, type DocumentInterface } from "@langchain/core/documents";
import { isolate, memoryStore } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { scriptedModel } from "rlm-core/testing";
import type { Trajectory } from "rlm-core/trajectory";
import { createRlm, fromEmbeddings, fromVectorStore } from "rlm-langgraph";
import { createSearch } from "rlm-tools";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repl } from "./scenario.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

const filler = (topic: string): string => Array.from({ length: 400 }, (_, at) => `${topic} ${at}. `).join("");
const context = [filler("rain"), "The puppy barked at Captain Ahab.", filler("wind"), "A ship sank.", filler("hail")];
const near = [/dog|puppy/, /ship|boat/, /rain|wind|hail/];

/** LangChain's embeddings by the topics of a text, and what they were asked. */
function embeddings(): { embed: ReturnType<typeof fromEmbeddings>; asked: string[][] } {
  const asked: string[][] = [];
  const embedDocuments = async (texts: string[]): Promise<number[][]> => {
    asked.push(texts);
    return texts.map((text) => near.map((topic) => (topic.test(text) ? 1 : 0.1)));
  };
  return { embed: fromEmbeddings({ embedDocuments }), asked };
}

const stored = fromVectorStore({
  similaritySearchWithScore: async (query, k) =>
    Array.from({ length: k }, (_, page): [DocumentInterface, number] => [
      new Document({ pageContent: `page ${page} on ${query}`, metadata: { page } }),
      1 / (page + 1),
    ]),
});

/** Each wrong call, and what the code is to read. */
const wrong: [call: string, message: string][] = [
  ["search.semantic()", "search.semantic: expected query to be a string, got undefined"],
  ["search.semantic('a', { max: 0 })", "search.semantic: expected max to be an integer of 1 or more, got 0"],
  ["search.semantic('a', { max: '3' })", "search.semantic: expected max to be an integer of 1 or more, got string"],
  [
    "search.semantic('a', { within: 3 })",
    "search.semantic: expected within to be a text, an array or an object, got number",
  ],
  ["search.semantic('a', context)", "search.semantic: expected options to be an object, got an array"],
  ["search.semantic('a', null)", "search.semantic: expected options to be an object, got null"],
  ["search.semantic('a', { limit: 3 })", 'search.semantic: unknown option "limit", expected within or max'],
  ["search.store(['a'])", "search.store: expected query to be a string, got an array"],
  ["search.store('a', { max: 1.5 })", "search.store: expected max to be an integer of 1 or more, got 1.5"],
  ["search.store('a', 3)", "search.store: expected options to be an object, got number"],
  ["search.store('a', { within: 'b' })", 'search.store: unknown option "within", expected max'],
  ["search.bm25('a', context)", "search.bm25: expected options to be an object, got an array"],
  ["search.fuzzy('a', { k: 3 })", 'search.fuzzy: unknown option "k", expected within or max'],
];

describe("createSearch({ embed, store })", () => {
  const { embed, asked } = embeddings();
  const kit = createSearch({ embed, store: stored });
  let trajectory: Trajectory;
  let answer: string;

  beforeAll(async () => {
    const model = scriptedModel([
      repl(`const words = [search.bm25("captain", { max: 1 }), search.fuzzy("Ahaab", { max: 1 })].flat();
const [meant, again] = await Promise.all([search.semantic("dog", { max: 1 }), search.semantic("boat", { max: 1 })]);
const kept = await search.store("tides", { max: 2 });
print(words, meant, again, kept);`),
      repl(`const calls = [${wrong.map(([call]) => `() => ${call}`).join(", ")}];
const told = [];
for (const call of calls) {
  try { await call(); told.push("nothing"); } catch (error) { told.push(error.message); }
}
print(told);`),
      repl("FINAL({ words, meant, again, kept, told })"),
    ]);
    // Less than what 64 passages have.
    const limits = { directBelow: 0, promptChars: 5_000 };
    const rlm = createRlm({ model, sandbox, tools: [kit], limits, store: memoryStore() });
    const result = await rlm.invoke({ query: "q", context });
    answer = result.answer;
    trajectory = await rlm.trajectory(result.runId);
  });

  it("finds by words, near spellings, LangChain's embeddings and its vector store", () => {
    const hit = { key: 1, start: 0, end: 33, text: context[1] };
    expect(JSON.parse(answer)).toMatchObject({
      words: [hit, hit],
      meant: [{ ...hit, score: 1 }],
      again: [{ key: 3, text: "A ship sank." }],
      kept: [
        { text: "page 0 on tides", score: 1, metadata: { page: 0 } },
        { text: "page 1 on tides", score: 0.5, metadata: { page: 1 } },
      ],
    });
  });

  it("says of wrong arguments what it expected", () => {
    const { told } = JSON.parse(answer) as { told: string[] };
    expect(wrong.map(([call], at) => [call, told[at]])).toEqual(wrong);
  });

  it("has a trajectory that replays to the same, over and over, and asks neither embeddings nor store", async () => {
    const texts = asked.flat();
    // Each passage and query once, and more than one call for that.
    expect(new Set(texts).size).toBe(texts.length);
    expect(asked.length).toBeGreaterThan(1);
    const calls = asked.length;
    const never = (): never => expect.fail("it was asked again");
    const silent = createSearch({ embed: never, store: never });
    const hashes = [];
    for (const kits of [[kit], [silent]]) {
      const [run, ...others] = await replayTrajectory(trajectory, { context, sandbox, kits });
      expect(others).toEqual([]);
      expect(run?.variables.map(({ name }) => name)).toEqual(["again", "calls", "kept", "meant", "told", "words"]);
      hashes.push(run?.hash);
    }
    expect(hashes[0]).toBe(hashes[1]);
    expect(asked).toHaveLength(calls);
    await expect(replayTrajectory(trajectory, { context, sandbox })).rejects.toThrow(
      /kit "search" had another library "search"/,
    );
  });
});
