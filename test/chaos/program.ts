// Run by the chaos test in a process of its own: begins the job, or goes on with it, and prints what it comes to.
// program.ts <loop|sqlite|postgres> <file or url> <id> <url of the model> <file for what is recorded>
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { isolate, resumeRlm, runRlm, type Emit, type Model, type RlmResult } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { readTrajectory, trajectoryWriter, type Trajectory } from "rlm-core/trajectory";
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
const limits = { depth: 2, calls: 10_000, tokens: Infinity, concurrency: 8, directBelow: 0 };
const options = { model, sandbox, limits };
const { result, trajectory } = driver === "loop" ? await byLoop() : await byGraph();
// What is told of it is whole too, whatever was cut off.
const replayed = await replayTrajectory(trajectory, { context, sandbox });
const { answer, status, usage } = result;
console.log(JSON.stringify({ answer, status, calls: usage.calls, sessions: replayed.length }));
await sandbox.close();

interface Done {
  result: Pick<RlmResult, "answer" | "status" | "usage">;
  trajectory: Trajectory;
}

async function byLoop(): Promise<Done> {
  // Its header and the root's start: before them there is nothing to go on with, and nothing was asked.
  const begun = existsSync(place) && readFileSync(place, "utf8").split("\n").length > 2;
  console.log("ready");
  const result = begun ? await resumeRlm({ trajectory: place, context }, options) : await runTraced();
  return { result, trajectory: await readTrajectory(place) };
}

async function runTraced(): Promise<RlmResult> {
  const { onEvent, close } = trajectoryWriter(place, { overwrite: true });
  try {
    return await runRlm({ query, context }, { ...options, onEvent });
  } finally {
    await close();
  }
}

async function byGraph(): Promise<Done> {
  const { store, checkpointer, close } = driver === "sqlite" ? await sqlite(place) : await postgres(place);
  const rlm = createRlm({ ...options, store, checkpointer, onEvent: record });
  const config = { configurable: { thread_id: id } };
  const begun = (await checkpointer.getTuple(config)) !== undefined;
  console.log("ready");
  const result = await rlm.invoke(begun ? null : { query, context }, config);
  const trajectory = await rlm.trajectory(result.runId);
  await close();
  return { result, trajectory };
}
