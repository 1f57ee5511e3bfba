import type { Session } from "rlm-core";
import { resolveOptions, type Run } from "rlm-core/driver";
import { scriptedModel, scriptedSandbox } from "rlm-core/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLiveTrees, type LiveTree } from "./live-trees.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open() {
  const closed: string[] = [];
  const trees = createLiveTrees({
    idleMs: 1_000,
    asksLater: false,
    resolve: async (_rootId, { store, signal }) => ({
      options: resolveOptions(
        { model: scriptedModel([]), sandbox: scriptedSandbox([]), ...(store && { store }), ...(signal && { signal }) },
        scriptedSandbox([]),
      ),
      recorded: async () => {},
    }),
  });
  const addSession = async ({ runs }: LiveTree, id: string): Promise<void> => {
    const session = { close: async () => void closed.push(id) } as Partial<Session> as Session;
    runs.set(id, { session } as Run);
  };
  return { trees, closed, addSession };
}

describe("createLiveTrees()", () => {
  it("createLiveTrees() ends the sessions of a run on which no node works for idleMs, not before", async () => {
    const { trees, closed, addSession } = open();
    await trees.within("r", (live) => addSession(live, "one"));
    await vi.advanceTimersByTimeAsync(900);
    const { promise, resolve } = Promise.withResolvers<void>();
    const long = trees.within("r", async () => await promise);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(closed).toEqual([]);
    resolve();
    await long;
    await vi.advanceTimersByTimeAsync(999);
    expect([closed, trees.size]).toEqual([[], 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect([closed, trees.size]).toEqual([["one"], 0]);
  });

  it("createLiveTrees() lets the run's time stand still while no node works", async () => {
    const { trees } = open();
    const elapsed = async (): Promise<number> =>
      await trees.within("r", async ({ tree }) => tree.budget.usage().activeMs);
    await elapsed();
    await vi.advanceTimersByTimeAsync(500);
    const before = await elapsed();
    await trees.within("r", async () => await vi.advanceTimersByTimeAsync(300));
    expect((await elapsed()) - before).toBe(300);
  });

  it("close() waits for the node that works, then ends all sessions, once", async () => {
    const { trees, closed, addSession } = open();
    const { promise, resolve } = Promise.withResolvers<void>();
    const long = trees.within("r", async (live) => {
      await addSession(live, "one");
      await promise;
    });
    await vi.advanceTimersByTimeAsync(0);
    const closing = Promise.all([trees.close("r"), trees.close("r")]);
    await vi.advanceTimersByTimeAsync(0);
    expect(closed).toEqual([]);
    resolve();
    await Promise.all([long, closing]);
    expect([closed, trees.size]).toEqual([["one"], 0]);
  });

  it("within() ends the sessions of a run that was aborted", async () => {
    const { trees, closed, addSession } = open();
    const stop = new AbortController();
    await trees.open("r", { signal: stop.signal });
    await trees.within("r", async (live) => {
      await addSession(live, "one");
      stop.abort();
    });
    expect([closed, trees.size]).toEqual([["one"], 0]);
  });

  it("open() keeps nothing of a run whose options cannot be resolved", async () => {
    const trees = createLiveTrees({ asksLater: false, idleMs: 1, resolve: () => Promise.reject(new Error("no key")) });
    await expect(trees.open("r")).rejects.toThrow("no key");
    expect(trees.size).toBe(0);
  });
});
