import { MemorySaver } from "@langchain/langgraph";
import { isolate, memoryStore } from "rlm-core";
import { createRlm } from "rlm-langgraph";
import { afterAll, describe, expect, it } from "vitest";
import { failingWrite } from "./failing-write.ts";
import { answer, context, everything, jobModel, limits, query } from "./job.ts";

const sandbox = isolate({ warm: 0 });
afterAll(async () => await sandbox.close());
const thread = { configurable: { thread_id: "job" } };

describe("a run of which one child cannot write", () => {
  it("rlm.invoke() stops the other child with it: behind the error nothing is asked, and it goes on at once", async () => {
    const asked: string[] = [];
    const both = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    const model = jobModel(async (name) => {
      asked.push(name);
      if (name === "kid 1 1" || name === "kid 2 1") {
        if (asked.includes("kid 1 1") && asked.includes("kid 2 1")) both.resolve();
        await both.promise;
      }
      // Answered when the run has long ended.
      if (name === "kid 2 1") await late.promise;
    });
    const parts = { store: memoryStore(), checkpointer: new MemorySaver() };
    const { store, checkpointer } = failingWrite(parts, (what) => what.includes("/2.4/generate"));
    const rlm = createRlm({ model, sandbox, limits, store, checkpointer });
    await expect(rlm.invoke({ query, context }, thread)).rejects.toThrow("the disk is full");
    const before = [...asked];
    late.resolve();
    expect(await rlm.invoke(null, thread)).toMatchObject({ answer, status: "final" });
    expect(before).toEqual(
      everything.filter((name) => !/root 3| x/.test(name)).toSorted((a, b) => before.indexOf(a) - before.indexOf(b)),
    );
    // Of both the reply was on its way: one was not recorded, one not waited for.
    expect(asked.toSorted()).toEqual([...everything, "kid 1 1", "kid 2 1"].toSorted());
    expect((await rlm.trajectory((await rlm.invoke(null, thread)).runId)).complete).toBe(true);
    await rlm.close();
  });
});
