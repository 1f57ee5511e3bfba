import { readFileSync } from "node:fs";
import { isolate, type Model } from "rlm-core";
import { createRlm } from "rlm-langgraph";
import { sqlite } from "rlm-langgraph/sqlite";

// One question on a thread in a process of its own: the question is the code, one block a line. It says what came of it
// and which processes its sandbox has, and then has nothing to do any more.
const [database = "", query = "", context] = process.argv.slice(2);
const model: Model = async (messages) => {
  const turn = messages.filter(({ role }) => role === "assistant").length;
  const text = `\`\`\`repl\n${query.split("\n")[turn]}\n\`\`\``;
  return { text, usage: { inputTokens: 1, outputTokens: 1 } };
};
const { store, checkpointer } = await sqlite(database);
const sandbox = isolate({ warm: 0 });
const rlm = createRlm({ model, sandbox, store, checkpointer, limits: { directBelow: 0 } });
const input = { query, ...(context !== undefined && { context }) };
const { answer, usage, runId } = await rlm.invoke(input, { configurable: { thread_id: "t" } });
const pids = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim().split(" ").map(Number);
console.log(JSON.stringify({ answer, calls: usage.calls, runId, pids }));
