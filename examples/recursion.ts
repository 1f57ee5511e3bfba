// Recursion: the root gives each part of a report to a child RLM, which has its own REPL and makes sub-calls itself.
// The trajectory of the run shows the tree.
import assert from "node:assert/strict";
import type { Model } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { createRlm } from "rlm-langgraph";

const cities = ["Oslo", "Lima", "Pune"];
const report = cities.map((city, i) => {
  const lines = Array.from(
    { length: 4_000 },
    (_, day) => `${city}, day ${day}: ${day % 1_000 === i ? "flood" : "dry"}`,
  );
  return lines.join("\n");
});

// Scripts stand for models. What a model is asked for tells which one of the tree it is.
const root: Model = scriptedModel([
  `One helper for each part.
\`\`\`repl
const counts = await rlm_query_batched(context.map((part) => ({ query: "How many floods were real?", context: part })));
print(counts);
\`\`\``,
  "```repl\nFINAL(counts.join(', '));\n```",
]);
const child = [
  "I find the candidates.\n```repl\nconst { hits } = find('flood', { max: 10 }); print(hits.length);\n```",
  `I have each judged, then I count.
\`\`\`repl
const real = await llm_query_batched(hits.map((hit) => "Was this a flood? " + hit.text));
FINAL(context.slice(0, 4) + ": " + real.filter((answer) => answer === "yes").length);
\`\`\``,
];
const subModel: Model = scriptedModel([], {
  onMissing: (messages, { purpose }) =>
    purpose === "root" ? (child[messages.filter(({ role }) => role === "assistant").length] ?? "") : "yes",
});

const rlm = createRlm({ model: root, subModel, limits: { depth: 2 } });
const { answer, usage, runId } = await rlm.invoke({ query: "How many floods had each city?", context: report });
console.log(`${answer} (${usage.calls} model calls)\n`);

const { runs, complete } = await rlm.trajectory(runId);
for (const [id, { start, journal, queries, end }] of runs) {
  const blocks = journal.filter(({ type }) => type === "block").length;
  const [name] = start.contexts;
  console.log(
    `${"  ".repeat(start.depth)}${id.slice(runId.length) || "root"}: “${start.query}” over ${name?.length} characters, ` +
      `${blocks} blocks, ${queries.length} calls → ${end?.text}`,
  );
}

assert.equal(answer, "Oslo: 4, Lima: 4, Pune: 4");
assert.ok(complete);
assert.equal(runs.size, 4);
const children = [...runs.values()].filter(({ start }) => start.parent?.runId === runId);
assert.deepEqual(
  children.map(({ start, queries }) => [start.depth, queries.map(({ kind }) => kind)]),
  cities.map(() => [1, ["llm", "llm", "llm", "llm"]]),
);
// 2 of the root, and in each of three children 2 and 4.
assert.equal(usage.calls, 2 + 3 * (2 + 4));
