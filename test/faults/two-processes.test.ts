import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isolate } from "rlm-core";
import { createRlm, type Rlm } from "rlm-langgraph";
import { sqlite } from "rlm-langgraph/sqlite";
import { answer, context, jobModel, limits, query } from "./job.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-two-"));
const sandbox = isolate({ warm: 0 });
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const thread = { configurable: { thread_id: "shared" } };

/** One of several that work on the same thread: its own connection, its own rlm, as in a process of its own. */
async function worker(path: string, asked: (name: string) => void | Promise<void>) {
  const { store, checkpointer, close } = await sqlite(path);
  const rlm: Rlm = createRlm({ model: jobModel(asked), sandbox, limits, store, checkpointer });
  return { rlm, close };
}

describe("two that work on one thread at the same time", () => {
  it("rlm.invoke(null) in both gives both the answer, and the thread is whole after them", async () => {
    const path = join(folder, "runs.sqlite");
    // Cut off where its code waits for three calls: the two go on from the same step.
    const stop = new AbortController();
    const first = await worker(path, (name) => {
      if (name === "b") stop.abort(new Error("cut off"));
    });
    await expect(first.rlm.invoke({ query, context }, { ...thread, signal: stop.signal })).rejects.toThrow("cut off");
    await first.close();

    // Each is answered when the other has asked as much, and in another order.
    const counts = [0, 0];
    const waiting = new Set<() => void>();
    const meet = async (me: number): Promise<void> => {
      const mine = ++counts[me]!;
      for (const look of waiting) look();
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => void (counts[1 - me]! >= mine && resolve());
      waiting.add(look);
      look();
      await promise.finally(() => waiting.delete(look));
    };
    const ended = (me: number): void => {
      counts[me] = Infinity;
      for (const look of waiting) look();
    };
    const both = await Promise.all([worker(path, () => meet(0)), worker(path, () => meet(1))]);
    const results = await Promise.all(
      both.map(async ({ rlm }, me) => await rlm.invoke(null, thread).finally(() => ended(me))),
    );
    for (const result of results) expect(result).toMatchObject({ answer, status: "final" });
    expect(results[0]?.runId).toBe(results[1]?.runId);

    const asked: string[] = [];
    const after = await worker(path, (name) => void asked.push(name));
    expect(await after.rlm.invoke(null, thread)).toMatchObject({ answer });
    expect(asked).toEqual([]);
    for (const { close } of [...both, after]) await close();
  });
});
