// Run by the chaos test in a process of its own: begins the job, or goes on with it, and prints what it comes to.
// program.ts <sqlite|postgres> <file or url> <id> <url of the model> <file for what is recorded>
import { appendFileSync } from "node:fs";
import { isolate, type Emit, type Model } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { createRlm } from "rlm-langgraph";
import { postgres } from "rlm-langgraph/postgres";
import { sqlite } from "rlm-langgraph/sqlite";
import { context, query } from "./job.ts";

const [driver = "", place = "", id = "", url = "", recorded = ""] = process.argv.slice(2);

const model: Model = async (messages, { signal }) => {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(messages), signal });
  return { text: await response.text(), usage: { inputTokens: 10, outputTokens: 5 } };
};

// Told after it is written ahead: what stands in this file is recorded.
const record: Emit = (event) => {
  if (event.type !== "journal") return;
  const text = event.event.type === "reply" ? event.event.text : event.event.type === "result" ? event.text : undefined;
  if (text !== undefined) appendFileSync(recorded, `${JSON.stringify(text)}\n`);
};

const sandbox = isolate({ warm: 0 });
const { store, checkpointer, close } = driver === "sqlite" ? await sqlite(place) : await postgres(place);
const limits = { depth: 2, calls: 10_000, tokens: Infinity, concurrency: 8, directBelow: 0 };
const rlm = createRlm({ model, sandbox, limits, store, checkpointer, onEvent: record });
const config = { configurable: { thread_id: id } };
const begun = (await checkpointer.getTuple(config)) !== undefined;
console.log("ready");
const { answer, status, usage, runId } = await rlm.invoke(begun ? null : { query, context }, config);
// What is told of it is whole too, whatever was cut off.
const replayed = await replayTrajectory(await rlm.trajectory(runId), { context, sandbox });
console.log(JSON.stringify({ answer, status, calls: usage.calls, sessions: replayed.length }));
await close();
await sandbox.close();
