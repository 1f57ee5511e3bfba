// A run that is cut off in the middle of a block and goes on where it was: texts and checkpoints are in one SQLite file, and
// what was paid for is not paid for again. Here it is cut off by an abort; a killed process is no different.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Model } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { createRlm } from "rlm-langgraph";
import { sqlite } from "rlm-langgraph/sqlite";

const folder = mkdtempSync(join(tmpdir(), "rlm-example-"));
const context = Array.from({ length: 30_000 }, (_, at) => `line ${at}`).join("\n");
const thread = { configurable: { thread_id: "nightly" } };

const stop = new AbortController();
const asked: string[] = [];
const subModel: Model = async ([message]) => {
  const content = message?.content ?? "";
  asked.push(content);
  if (content === "part 3" && !stop.signal.aborted) stop.abort(new Error("the power is gone"));
  return { text: `read ${content}` };
};
const code = "const notes = [];\nfor (let n = 1; n <= 4; n++) notes.push(await llm_query('part ' + n));\nprint(notes);";

// Each process opens the database and makes the Runnable anew, with the options that the run had.
async function inNewProcess<T>(
  replies: string[],
  work: (rlm: ReturnType<typeof createRlm<string>>) => Promise<T>,
): Promise<T> {
  const { store, checkpointer, close } = await sqlite(join(folder, "runs.sqlite"));
  const rlm = createRlm({ model: scriptedModel(replies), subModel, store, checkpointer });
  try {
    return await work(rlm);
  } finally {
    await rlm.close();
    await close();
  }
}

try {
  await inNewProcess([`\`\`\`repl\n${code}\n\`\`\``], async (rlm) => {
    const run = rlm.invoke({ query: "What do the parts say?", context }, { ...thread, signal: stop.signal });
    await assert.rejects(run, /the power is gone/);
  });
  const { answer, usage } = await inNewProcess(
    ["```repl\nFINAL(notes.join('; '))\n```"],
    async (rlm) => await rlm.invoke(null, thread), // null: go on with what is there
  );
  console.log(`${answer} (asked: ${asked.join(", ")}; ${usage.calls} model calls counted)`);
  assert.equal(answer, "read part 1; read part 2; read part 3; read part 4");
  // Only what was in flight is asked again, and counted twice: it may have been paid for.
  assert.deepEqual(asked, ["part 1", "part 2", "part 3", "part 3", "part 4"]);
  assert.equal(usage.calls, 2 + 5);
} finally {
  rmSync(folder, { recursive: true });
}
