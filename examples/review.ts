// A person in the loop: the run waits, in no process, before code runs and before the answer is given, and goes on with what
// the person says. The second process knows of the first one only by the store and the checkpoints.
import assert from "node:assert/strict";
import { Command, INTERRUPT, MemorySaver } from "@langchain/langgraph";
import { memoryStore, type Decision, type ReviewRequest } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { createRlm } from "rlm-langgraph";

const log = Array.from({ length: 20_000 }, (_, at) => `${at} ${at % 5_000 === 7 ? "disk full" : "ok"}`).join("\n");
const model = scriptedModel([
  "```repl\nprint(find('disk full').total);\n```",
  "```repl\nFINAL(find('disk full').total + ' times');\n```",
]);
const [store, checkpointer] = [memoryStore(), new MemorySaver()];
const open = () => createRlm({ model, store, checkpointer, review: ["code", "answer"] });
const thread = { configurable: { thread_id: "incident-7" } };

/** Stands for the person: approves code, and mends the answer. */
function decide(request: ReviewRequest | undefined): Decision {
  if (request?.kind === "code") return { type: "approve" };
  assert.equal(request?.kind, "answer");
  return { type: "edit", answer: "db-3 was full 4 times" };
}

const asked: string[] = [];
let result = await open().invoke({ query: "How often was a disk full?", context: log }, thread);
while (result.status === "interrupted") {
  const [waiting] = result[INTERRUPT];
  const request = waiting?.value?.requests[0];
  asked.push(request?.kind === "code" ? request.code : (request?.kind ?? ""));
  // By another object, as in another process.
  result = await open().invoke(new Command({ resume: decide(request) }), thread);
}
console.log(asked, result.answer);
assert.deepEqual(asked, ["print(find('disk full').total);", "FINAL(find('disk full').total + ' times');", "answer"]);
assert.equal(result.answer, "db-3 was full 4 times");
assert.equal(result.usage.calls, 2);
