import { describe, expect, it } from "vitest";
import { createBudget } from "../budget.ts";
import { RlmError } from "../errors.ts";
import { resolveLimits, type Limits } from "../limits.ts";
import type { Model } from "../model.ts";
import type { RlmEvent } from "../events.ts";
import type { Run } from "../run.ts";
import type { SubCall } from "../sandbox.ts";
import { createSemaphore } from "../semaphore.ts";
import type { RunStore } from "../store.ts";
import { memoryStore } from "../stores/memory.ts";
import type { Tool } from "../tool.ts";
import { scriptedModel } from "../testing/scripted-model.ts";
import { askModel } from "./ask-model.ts";
import { callTool } from "./call-tool.ts";
import { wait } from "./wait.ts";

const never = new Promise<never>(() => {});

function runWith(given: Partial<Limits> = {}, store: RunStore = memoryStore(), tools: Tool[] = []) {
  const limits = resolveLimits(given);
  const warnings: string[] = [];
  const waits: number[] = [];
  const run = {
    id: "r",
    emit: (event: RlmEvent) => event.type === "warning" && warnings.push(event.message),
    wait: async (ms: number) => void waits.push(ms),
    limits,
    budget: createBudget({ limits, store, logKey: "budget" }),
    semaphore: createSemaphore(1),
    tools,
    toolCalls: new Map(),
    warned: new Map(),
    now: () => 0,
  } as unknown as Run;
  return Object.assign(run, { warnings, waits });
}

function ask(model: Model, run: Run, signal: AbortSignal) {
  return askModel({ messages: [{ role: "user", content: "x" }], model, purpose: "sub", depth: 0, signal }, run);
}

const { signal: quiet } = new AbortController();
const usage = { inputTokens: 10, outputTokens: 5 };
const cut = (text: string) => ({ text, usage, finishReason: "length" as const });

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
    for (const usage of [run.budget.usage(), run.budget.usage("r")])
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
    expect(await callTool(call, { depth: 0, turn: 1 }, run, signal)).toEqual({ text: "1", json: true });
    expect(timers()).toBe(before);
  });
});

describe("askModel() and errors that pass", () => {
  it("askModel() asks again in one call of the budget, on one reservation, and tells of it", async () => {
    const store = memoryStore();
    const run = runWith({ calls: 1 }, store);
    const model = scriptedModel([new Error("503 busy"), new TypeError("fetch failed"), { text: "y", usage }]);
    expect(await ask(model, run, quiet)).toMatchObject({ text: "y", usage });
    expect(run.budget.usage()).toMatchObject({ calls: 1, ...usage });
    const log = (await store.read("budget")) as { type: string }[];
    expect(log.map(({ type }) => type)).toEqual(["reserve", "settle"]);
    expect(run.waits).toHaveLength(2);
    expect(run.warnings.map((warning) => /answer: (.*)\. It/.exec(warning)?.[1])).toEqual(["503 busy", "fetch failed"]);
  });

  it("askModel() charges the call of a request that failed to the end, and no tokens", async () => {
    const run = runWith();
    const model = scriptedModel([], { onMissing: () => Promise.reject(new Error("503 busy")) });
    await expect(ask(model, run, quiet)).rejects.toMatchObject({
      code: "model",
      message: expect.stringMatching(/^Cannot get a reply from the model "scripted": 503 busy \(asked 4 times\); /),
    });
    expect(run.budget.usage()).toMatchObject({ calls: 1, inputTokens: 0, outputTokens: 0, estimated: false });
    expect(run.budget.left().calls).toBe(198);
  });

  it("askModel() charges nothing but the call where the abort comes in a pause", async () => {
    const controller = new AbortController();
    const run = Object.assign(runWith(), {
      wait: async (_ms: number, signal: AbortSignal) => {
        controller.abort(new Error("enough"));
        signal.throwIfAborted();
      },
    });
    await expect(ask(scriptedModel([new Error("503")]), run, controller.signal)).rejects.toThrow("enough");
    expect(run.budget.usage()).toMatchObject({ calls: 1, outputTokens: 0, estimated: false });
  });

  it("askModel() ends a pause at limits.durationMs", async () => {
    const run = Object.assign(runWith({ durationMs: 40 }), { wait });
    const busy = Object.assign(new Error("429"), { headers: { "retry-after": "50" } });
    await expect(ask(scriptedModel([busy]), run, quiet)).rejects.toMatchObject({ code: "budget", limit: "durationMs" });
  });
});

describe("askModel() and replies that are cut or empty", () => {
  it("askModel() asks for a cut reply again with twice the room, on a reservation of that size", async () => {
    const store = memoryStore();
    const run = runWith({ maxOutputTokens: 100 }, store);
    const model = scriptedModel([cut("hal"), { text: "whole", usage }]);
    expect(await ask(model, run, quiet)).toMatchObject({ text: "whole", usage: { inputTokens: 20, outputTokens: 10 } });
    expect(model.calls.map(({ options }) => options.maxOutputTokens)).toEqual([100, 200]);
    expect(run.budget.usage()).toMatchObject({ calls: 2, inputTokens: 20, outputTokens: 10 });
    const log = (await store.read("budget")) as { type: string; maxOutputTokens?: number }[];
    expect(log.flatMap(({ maxOutputTokens = [] }) => maxOutputTokens)).toEqual([100, 200]);
    expect(run.warnings).toEqual([expect.stringMatching(/cut at 100 tokens .* room for 200, which helped/)]);
  });

  it("askModel() takes the longer one of two that are cut, and asks no third time", async () => {
    for (const [first, second] of [
      ["short", "a longer one"],
      ["a longer one", "short"],
    ] as const) {
      const run = runWith();
      expect(await ask(scriptedModel([cut(first), cut(second)]), run, quiet)).toMatchObject({
        text: "a longer one",
        cut: true,
      });
      expect(run.warnings).toEqual([expect.stringContaining("cut again: the longer one is taken")]);
    }
  });

  it("askModel() warns of what goes wrong at every call the first time, the tenth and the hundredth, with the number", async () => {
    const run = runWith();
    const model = scriptedModel([], { onMissing: () => Promise.resolve(cut("half")) });
    for (let time = 0; time < 31; time++) await ask(model, run, quiet);
    expect(run.warnings).toEqual([
      expect.stringMatching(/^A reply of the model "scripted" was cut .* taken as it is$/),
      expect.stringMatching(
        /^A reply of the model "scripted" was cut .*\(such a thing for the 10th time in this run\)$/,
      ),
    ]);
    const busy = runWith();
    const failing = scriptedModel([], { onMissing: () => Promise.reject(new Error("503 busy")) });
    for (let time = 0; time < 9; time++) await ask(failing, busy, quiet).catch(() => {});
    expect(busy.warnings.map((warning) => /\(try .*/.exec(warning)?.[0])).toEqual(["(try 2)", "(try 3)", "(try 4)"]);
  });

  it("askModel() keeps the cut reply where the second request fails, or the budget refuses it", async () => {
    const failing = runWith();
    expect(await ask(scriptedModel([cut("half"), new Error("400 max_tokens")]), failing, quiet)).toMatchObject({
      text: "half",
    });
    expect(failing.warnings).toEqual([expect.stringMatching(/400 max_tokens. The first one is taken/)]);
    const poor = runWith({ calls: 1 });
    expect(await ask(scriptedModel([cut("half")]), poor, quiet)).toMatchObject({ text: "half" });
    expect(poor.warnings).toEqual([expect.stringMatching(/limits.calls is 1, spent 1. The first one is taken/)]);
    // It is no limit that the run has come to.
    expect(poor.refused).toBe(undefined);
  });

  it("askModel() ends with what ends the run, in the second request too", async () => {
    const controller = new AbortController();
    const aborting: Model = async () => {
      controller.abort(new Error("enough"));
      return cut("half");
    };
    await expect(ask(aborting, runWith(), controller.signal)).rejects.toThrow("enough");
    const store = memoryStore();
    let appended = 0;
    const append: RunStore["append"] = async (key, entry) => {
      if (++appended > 2) throw new RlmError("store", "disk full");
      await store.append(key, entry);
    };
    const run = runWith({}, { ...store, append });
    await expect(ask(scriptedModel([cut("half")]), run, quiet)).rejects.toThrow("disk full");
  });

  it.each(["", " \n", "<think>so</think>", "<think>and so on"])(
    "askModel() asks once more after the reply %j",
    async (empty) => {
      for (const purpose of ["root", "sub", "conclude", "direct"] as const) {
        const run = runWith({ maxOutputTokens: 100 });
        const model = scriptedModel([empty, "said"]);
        const request = {
          messages: [{ role: "user" as const, content: "x" }],
          model,
          purpose,
          depth: 0,
          signal: quiet,
        };
        expect(await askModel(request, run)).toMatchObject({ text: "said" });
        expect(model.calls.map(({ options }) => options.maxOutputTokens)).toEqual([100, 100]);
        expect(run.warnings).toEqual([expect.stringMatching(/was empty, and asked for again, which helped/)]);
      }
      const never = runWith();
      expect(await ask(scriptedModel([empty, empty]), never, quiet)).toMatchObject({ text: empty });
      expect(never.warnings).toEqual([expect.stringContaining("but empty again")]);
    },
  );
});

describe("askModel() and prompts that are not read", () => {
  const content = "The committee met in the morning and voted to adjourn until Monday. ".repeat(800);
  const model = (read: number, modelName = "llama"): Model =>
    Object.assign(async () => ({ text: "y", usage: { inputTokens: read, outputTokens: 1 } }), { modelName });
  const asked = (run: Run, given: Model) =>
    askModel({ messages: [{ role: "user", content }], model: given, purpose: "root", depth: 0, signal: quiet }, run);

  it("askModel() warns once a model and run, and marks each reply", async () => {
    const run = runWith();
    for (let time = 0; time < 3; time++)
      expect(await asked(run, model(4096))).toMatchObject({ text: "y", unread: { read: 4096 } });
    await asked(run, model(2048, "small"));
    expect(run.warnings).toEqual([expect.stringContaining('"llama"'), expect.stringContaining('"small"')]);
    expect(run.budget.usage()).toMatchObject({ calls: 4, inputTokens: 3 * 4096 + 2048 });
  });

  it("askModel() says nothing where the prompt is read", async () => {
    const run = runWith();
    expect(await asked(run, model(10_500))).not.toHaveProperty("unread");
    expect(run.warnings).toEqual([]);
  });
});
