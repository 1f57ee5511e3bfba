import { describe, expect, it } from "vitest";
import { createBudget } from "../budget.ts";
import { resolveLimits, type Limits } from "../limits.ts";
import { createMeter } from "../meter.ts";
import type { Model } from "../model.ts";
import type { Run } from "../run.ts";
import type { SubCall } from "../sandbox.ts";
import { createSemaphore } from "../semaphore.ts";
import type { RunStore } from "../store.ts";
import { memoryStore } from "../stores/memory.ts";
import type { Tool } from "../tool.ts";
import { askModel } from "./ask-model.ts";
import { callTool } from "./call-tool.ts";

const never = new Promise<never>(() => {});

function runWith(given: Partial<Limits> = {}, store: RunStore = memoryStore(), tools: Tool[] = []): Run {
  const limits = resolveLimits(given);
  return {
    limits,
    budget: createBudget({ limits, store, logKey: "budget" }),
    semaphore: createSemaphore(1),
    meter: createMeter({ now: () => 0 }),
    tools,
    toolCalls: new Map(),
  } as unknown as Run;
}

function ask(model: Model, run: Run, signal: AbortSignal) {
  return askModel({ messages: [{ role: "user", content: "x" }], model, purpose: "sub", depth: 0, signal }, run);
}

describe("askModel()", () => {
  it("askModel() charges a request that is aborted at its reserved size, and one that fails with its call", async () => {
    const run = runWith({ maxOutputTokens: 100 });
    const controller = new AbortController();
    const asked = Promise.withResolvers<void>();
    const silent: Model = () => (asked.resolve(), never);
    const asking = ask(silent, run, controller.signal);
    await asked.promise;
    controller.abort(new Error("enough"));
    await expect(asking).rejects.toThrow("enough");
    for (const usage of [run.budget.usage(), run.meter.usage()])
      expect(usage).toMatchObject({ calls: 1, outputTokens: 100, estimated: true });
    const broken: Model = () => Promise.reject(new Error("busy"));
    await expect(ask(broken, run, new AbortController().signal)).rejects.toThrow("busy");
    expect(run.budget.usage()).toMatchObject({ calls: 2, outputTokens: 100 });
  });

  it("askModel() gives back what it reserved where the abort comes before the request", async () => {
    const store = memoryStore();
    const controller = new AbortController();
    const append: RunStore["append"] = async (key, entry) => {
      await store.append(key, entry);
      controller.abort(new Error("enough"));
    };
    const run = runWith({ calls: 1 }, { ...store, append });
    const untouched: Model = () => Promise.reject(new Error("was asked"));
    await expect(ask(untouched, run, controller.signal)).rejects.toThrow("enough");
    expect(run.budget.usage().calls).toBe(0);
    expect(await ask(async () => ({ text: "y" }), run, new AbortController().signal)).toMatchObject({ text: "y" });
  });

  it("askModel() and callTool() leave no timer behind", async () => {
    const tool: Tool = { name: "t", description: "", parameters: {}, run: async () => 1 };
    const run = runWith({}, memoryStore(), [tool]);
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const { signal } = new AbortController();
    await ask(async () => ({ text: "y" }), run, signal);
    const call: SubCall = { id: 1, kind: "tool", hash: "", prompt: "{}", name: "t", options: {} };
    expect(await callTool(call, 0, run, signal)).toEqual({ text: "1", json: true });
    expect(timers()).toBe(before);
  });
});
