// An AbortSignal in the middle of twenty sub-calls: the run rejects with the signal's reason at once, its sandbox
// process is gone, and its trajectory up to there can be read.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { isolate, type Model } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { createRlm } from "rlm-langgraph";

const model = scriptedModel([
  "I ask of each part.\n```repl\nconst replies = await llm_query_batched(context.map((part) => 'What is in it? ' + part));\n```",
]);
// Twelve answers come, then the server falls silent.
let asked = 0;
const subModel: Model = async (_, { signal }) => {
  asked += 1;
  if (asked <= 12) return { text: "Nothing." };
  return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
};

const sandbox = isolate({ warm: 0 }); // no process that waits for the next run
const stop = new AbortController();
let runId = "";
let processes = 0;
let answered = 0;
const rlm = createRlm({
  model,
  subModel,
  sandbox,
  onEvent(event) {
    if (event.type === "run-start") runId = event.runId;
    if (event.type === "query-start") processes = children();
    if (event.type === "journal" && event.event.type === "result") answered += 1;
    if (answered === 12) stop.abort(new Error("The user has left"));
  },
});

let stoppedAt = Infinity;
stop.signal.addEventListener("abort", () => (stoppedAt = performance.now()));
const parts = Array.from({ length: 20 }, (_, i) => `Part ${i}: ${"lorem ipsum ".repeat(1_000)}`);
const run = rlm.invoke({ query: "What is in the parts?", context: parts }, { signal: stop.signal });
await assert.rejects(run, (error) => error === stop.signal.reason);
const waited = performance.now() - stoppedAt;
await sandbox.close();

const { runs } = await rlm.trajectory(runId);
const root = runs.get(runId);
const results = root?.journal.filter(({ type }) => type === "result").length;
console.log(`Rejected ${waited.toFixed(0)} ms after the abort: ${stop.signal.reason}`);
console.log(`Sandbox processes: ${processes} during the run, ${children()} after it`);
console.log(`Its trajectory: ${root?.end?.status}, ${results} results came before`);
assert.ok(waited < 500);
assert.equal(results, 12);
assert.equal(root?.end?.status, "aborted");
if (process.platform === "linux") {
  assert.equal(processes, 1);
  assert.equal(children(), 0);
}

/** Processes that this one has started and that still run; where there is no /proc, none is seen. */
function children(): number {
  return globSync("/proc/self/task/*/children").flatMap((file) => readFileSync(file, "utf8").match(/\d+/g) ?? [])
    .length;
}
