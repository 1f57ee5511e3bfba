// Two questions on one thread: the second is a run of its own that finds the variables and the context of the first. Then
// a fork: other code in the place of the newest, on a branch of its own.
import assert from "node:assert/strict";
import { MemorySaver } from "@langchain/langgraph";
import { scriptedModel } from "rlm-core/testing";
import { createRlm } from "rlm-langgraph";

const log = Array.from({ length: 20_000 }, (_, at) => `${at} ${at % 5_000 === 7 ? `db-${at % 3} full` : "ok"}`);
const model = scriptedModel([
  "```repl\nconst { hits } = find(/db-\\d full/); print(hits.length);\n```",
  "```repl\nFINAL(hits.length + ' times');\n```",
  "```repl\nconst names = hits.map(({ text }) => text.match(/db-\\d/)[0]); print(names);\n```",
  "```repl\nFINAL([...new Set(names)].sort().join(' '));\n```",
]);
const rlm = createRlm({ model, checkpointer: new MemorySaver() });
const thread = { configurable: { thread_id: "logs" } };

const first = await rlm.invoke({ query: "How often was a disk full?", context: log.join("\n") }, thread);
const second = await rlm.invoke({ query: "On which machines?" }, thread);
const [end] = await rlm.checkpoints("logs");
const forked = await rlm.invoke(null, await rlm.fork(thread, { code: "FINAL(names.join(' '));" }));
const again = await rlm.invoke(null, end?.config); // the answer of before is still there
await rlm.close(); // the sandboxes that wait for a next question

console.log([first, second, forked, again].map(({ answer }) => answer));
assert.equal(first.answer, "4 times");
assert.equal(second.answer, "db-0 db-1 db-2");
assert.equal(forked.answer, "db-1 db-0 db-2 db-1");
assert.deepEqual(again, second);
// No model was asked for the fork; what was spent up to there counts.
assert.equal(model.calls.length, 4);
assert.deepEqual([first.usage.calls, second.usage.calls, forked.usage.calls], [2, 2, 2]);
// The model of the second question is told what is there.
assert.match(JSON.stringify(model.calls[2]?.messages), /hits: array, 4 elements/);
