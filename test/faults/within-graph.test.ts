import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Annotation, END, MemorySaver, START, StateGraph, type BaseCheckpointSaver } from "@langchain/langgraph";
import { isolate, memoryStore, type RunStore } from "rlm-core";
import { createRlm } from "rlm-langgraph";
import { sqlite } from "rlm-langgraph/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { answer, context, everything, jobModel, limits, query } from "./job.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-within-"));
const sandbox = isolate({ warm: 0 });
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const Asked = Annotation.Root({ question: Annotation<string>, answer: Annotation<string> });
const thread = { configurable: { thread_id: "theirs" } };

/** Runs a graph of a user, whose node invokes an rlm, until a question is asked that nobody answers; then goes on with it. */
async function cutAndGoOn(checkpointer: BaseCheckpointSaver, store?: RunStore): Promise<string[]> {
  const asked: string[] = [];
  const broken = new Error("the listener has had enough");
  let failing = true;
  const graph = () => {
    // A new one each time, as in a new process.
    const rlm = createRlm({
      model: jobModel((name) => void asked.push(name)),
      sandbox,
      limits,
      ...(store && { store }),
      onEvent(event) {
        if (
          failing &&
          event.type === "journal" &&
          event.depth === 0 &&
          event.turn === 2 &&
          event.event.type === "block"
        )
          throw broken;
      },
    });
    return new StateGraph(Asked)
      .addNode("ask", async ({ question }, config) => {
        return { answer: (await rlm.invoke({ query: question, context }, config)).answer };
      })
      .addEdge(START, "ask")
      .addEdge("ask", END)
      .compile({ checkpointer });
  };
  await expect(graph().invoke({ question: query }, thread)).rejects.toThrow(broken.message);
  expect(asked.toSorted()).toEqual(["a", "b", "c", "root 1", "root 2"]);
  asked.length = 0;
  failing = false;
  expect((await graph().invoke(null, thread)).answer).toBe(answer);
  return asked.toSorted();
}

describe("createRlm() in a node of a graph that has checkpoints", () => {
  it("rlm.invoke() without a durable store begins its run again when the node runs again", async () => {
    expect(await cutAndGoOn(new MemorySaver())).toEqual(everything);
    expect(await cutAndGoOn(new MemorySaver(), memoryStore())).toEqual(everything);
    const { checkpointer, close } = await sqlite(join(folder, "theirs.sqlite"));
    expect(await cutAndGoOn(checkpointer)).toEqual(everything);
    await close();
  });

  it("rlm.invoke() with a durable store goes on where its run was cut off, by the graph's own checkpoints", async () => {
    const { checkpointer, store, close } = await sqlite(join(folder, "both.sqlite"));
    expect(await cutAndGoOn(checkpointer, store)).toEqual(
      everything.filter((name) => !["a", "b", "c", "root 1", "root 2"].includes(name)),
    );
    await close();
  });
});
