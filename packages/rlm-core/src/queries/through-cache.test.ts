import { setImmediate as nextTick } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { SubCallCache } from "../cache.ts";
import { memoryCache } from "../caches/memory.ts";
import { InputError } from "../errors.ts";
import type { RlmEvent } from "../events.ts";
import { runLoop } from "../loop.ts";
import type { Model, ModelReply } from "../model.ts";
import type { RlmOptions } from "../options.ts";
import { scriptedModel, type ScriptedModel, type ScriptedReply } from "../testing/scripted-model.ts";
import { scriptedSandbox, type ScriptedCall, type ScriptedStep } from "../testing/scripted-sandbox.ts";

type SubEnd = Extract<RlmEvent, { type: "query-end" }>;

/** A run whose code makes calls, a wave after the other, and is done. `subs` answers them. */
async function run(
  waves: readonly (readonly ScriptedCall[])[],
  subs: Model,
  options: Partial<RlmOptions> & { cache: SubCallCache },
) {
  const events: RlmEvent[] = [];
  const script: ScriptedStep[] = [...waves.map((calls) => ({ calls })), { answer: "done" }];
  const sandbox = scriptedSandbox([script]);
  const root = scriptedModel(["```repl\nask()\n```"], { onMissing: () => "concluded", modelName: "root" });
  const { limits, onEvent: heard, ...rest } = options;
  const onEvent = (event: RlmEvent): void => {
    events.push(event);
    heard?.(event);
  };
  const all = { model: root, subModel: subs, ...rest, onEvent, limits: { directBelow: 0, ...limits } };
  const result = await runLoop({ query: "q", context: "c" }, all, sandbox);
  const ends = events.filter((event): event is SubEnd => event.type === "query-end");
  const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  const results = sandbox.sessions[0]?.given.flatMap((given) => (given.type === "resume" ? given.results : [])) ?? [];
  return {
    ...result,
    events,
    ends,
    warnings,
    texts: results.map(({ value }) => value.text),
    oks: ends.map(({ ok }) => ok),
  };
}

/** A run whose only call waits for the same one of another run; `waits` when it does. */
function waiting(subs: Model, cache: SubCallCache) {
  const begun = Promise.withResolvers<void>();
  const onEvent = ({ type }: RlmEvent): void => {
    if (type === "query-start") setImmediate(begun.resolve);
  };
  return { second: run([["same"]], subs, { cache, onEvent }), waits: begun.promise };
}

const answering = (replies: readonly ScriptedReply[] = []): ScriptedModel =>
  scriptedModel(replies, { onMissing: (messages) => `re ${messages[0]?.content}`, modelName: "sub" });
const same = (times: number): string[] => Array.from({ length: times }, () => "same");
const usage = { inputTokens: 1, outputTokens: 1 };

afterEach(() => {
  vi.useRealTimers();
});

describe("throughCache()", () => {
  it("throughCache() makes one request of 100 identical parallel sub-calls, and the other 99 are free and marked", async () => {
    const subs = answering();
    const {
      ends,
      texts,
      usage: spent,
      events,
    } = await run([same(100)], subs, {
      cache: memoryCache(),
      limits: { calls: 3, concurrency: 1 },
    });
    expect(subs.calls).toHaveLength(1);
    expect(texts).toEqual(Array.from({ length: 100 }, () => "re same"));
    expect(ends.filter(({ cached }) => cached === true)).toHaveLength(99);
    expect(spent.calls).toBe(2);
    // What the first one cost can be read of each.
    for (const end of ends) expect(end).toMatchObject({ usage: { inputTokens: 1, outputTokens: 2 }, model: "sub" });
    const results = events.filter((event) => event.type === "journal" && event.event.type === "result");
    expect(results).toHaveLength(100);
  });

  it("throughCache() asks nothing again in another run that shares the cache, whose usage has only its own", async () => {
    const cache = memoryCache();
    const subs = answering();
    await run([["a", "b"]], subs, { cache });
    const later = await run([["b", "a"], ["a"]], subs, { cache });
    expect(subs.calls).toHaveLength(2);
    expect(later.texts).toEqual(["re b", "re a", "re a"]);
    expect(later.ends.map(({ cached }) => cached)).toEqual([true, true, true]);
    expect(later.usage).toMatchObject({ calls: 1, byModel: { root: { calls: 1 } } });
  });

  it("throughCache() makes one request of two runs at once that share the cache", async () => {
    const cache = memoryCache();
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<string>();
    const subs = answering([
      () => {
        asked.resolve();
        return gate.promise;
      },
    ]);
    const first = run([["same"]], subs, { cache });
    await asked.promise;
    const { second, waits } = waiting(subs, cache);
    await waits;
    gate.resolve("slow");
    expect((await first).texts).toEqual(["slow"]);
    expect((await second).texts).toEqual(["slow"]);
    expect((await second).usage.calls).toBe(1);
    expect(subs.calls).toHaveLength(1);
  });

  it("throughCache() needs no room in the budget for a hit", async () => {
    const cache = memoryCache();
    await run([["same"]], answering(), { cache });
    // One call for the root and the one that is held back: none is left for the code.
    const limits = { calls: 2 };
    const { oks, status } = await run([["same"]], answering(), { cache, limits });
    expect([oks, status]).toEqual([[true], "final"]);
    const other = await run([["another"]], answering(), { cache, limits });
    expect([other.oks, other.texts[0]]).toEqual([[false], expect.stringContaining("limits.calls is 2")]);
  });

  it("throughCache() waits for no place among the requests with a hit", async () => {
    const cache = memoryCache();
    await run([["same"]], answering(), { cache });
    const gate = Promise.withResolvers<string>();
    const subs = answering([() => gate.promise]);
    const limits = { concurrency: 1 };
    const options = { cache, limits, onEvent: (event: RlmEvent) => event.type === "query-end" && gate.resolve("slow") };
    expect((await run([["slow one", "same"]], subs, options)).texts).toEqual(["re same", "slow"]);
  });

  it("throughCache() does not fail the others with the call that failed: the next of them asks", async () => {
    const subs = answering([new Error("no")]);
    const { texts, oks } = await run([same(5)], subs, { cache: memoryCache() });
    expect(subs.calls).toHaveLength(2);
    expect(oks.filter((ok) => !ok)).toHaveLength(1);
    expect(texts.filter((text) => text === "re same")).toHaveLength(4);
  });

  it("throughCache() lets calls that have waited for two that failed ask all at once", async () => {
    let open = 0;
    const most: number[] = [];
    const fails: Model = Object.assign(
      async () => {
        most.push(++open);
        // As a request does: whoever may ask too is under way by then.
        await nextTick();
        open--;
        throw new Error("no");
      },
      { modelName: "sub" },
    );
    const { oks } = await run([same(10)], fails, { cache: memoryCache() });
    expect(oks).toEqual(Array.from({ length: 10 }, () => false));
    expect(most.slice(0, 3)).toEqual([1, 1, 1]);
    expect(Math.max(...most)).toBe(8);
  });

  it("throughCache() leaves a call whose run was aborted to those that wait for it", async () => {
    const cache = memoryCache();
    const stop = new AbortController();
    const asked = Promise.withResolvers<void>();
    const subs = answering([
      () => {
        asked.resolve();
        return new Promise<string>(() => {});
      },
    ]);
    const first = run([["same"]], subs, { cache, signal: stop.signal });
    await asked.promise;
    const { second, waits } = waiting(subs, cache);
    await waits;
    expect(subs.calls).toHaveLength(1);
    stop.abort(new Error("stopped"));
    await expect(first).rejects.toThrow("stopped");
    expect((await second).texts).toEqual(["re same"]);
    expect(subs.calls).toHaveLength(2);
  });

  it("throughCache() ends at once with a run that is aborted while it waits for another's call", async () => {
    const cache = memoryCache();
    const stop = new AbortController();
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<string>();
    const subs = answering([
      () => {
        asked.resolve();
        return gate.promise;
      },
    ]);
    const first = run([["same"]], subs, { cache });
    await asked.promise;
    const second = run([["same"]], subs, {
      cache,
      signal: stop.signal,
      onEvent: ({ type }) => type === "query-start" && queueMicrotask(() => stop.abort(new Error("stopped"))),
    });
    await expect(second).rejects.toThrow("stopped");
    gate.resolve("slow");
    expect((await first).texts).toEqual(["slow"]);
  });

  it.each<[string, ScriptedCall, readonly (string | ModelReply)[]]>([
    [
      "cut",
      "same",
      [
        { text: "half", usage, finishReason: "length" },
        { text: "hal", usage, finishReason: "length" },
      ],
    ],
    ["withheld", "same", [{ text: "I am not allowed", usage, finishReason: "filtered" }]],
    ["empty", "same", ["", ""]],
    [
      "not what the schema says",
      { kind: "llm", prompt: "same", options: { schema: { type: "object" } } },
      ["no", "[1]"],
    ],
  ])("throughCache() does not keep a reply that is %s", async (_, call, replies) => {
    const cache = memoryCache();
    await run([[call]], answering(replies), { cache });
    const subs = answering(['{"whole": 1}']);
    const { texts, ends } = await run([[call]], subs, { cache });
    expect(texts).toEqual([typeof call === "string" ? '{"whole": 1}' : '{"whole":1}']);
    expect(ends[0]).not.toHaveProperty("cached");
    expect(subs.calls).toHaveLength(1);
  });

  it("throughCache() keeps a reply that fitted only when it was asked for again, with what both requests used", async () => {
    const cache = memoryCache();
    const call: ScriptedCall = { kind: "llm", prompt: "same", options: { schema: { type: "object" } } };
    const first = await run(
      [[call]],
      answering([
        { text: "no", usage },
        { text: '{"n":1}', usage },
      ]),
      { cache },
    );
    const later = await run([[call]], answering(), { cache });
    expect(later.texts).toEqual(['{"n":1}']);
    expect(later.ends[0]).toEqual({ ...first.ends[0], runId: later.runId, cached: true });
    expect(later.ends[0]?.usage).toEqual({ inputTokens: 2, outputTokens: 2 });
  });

  it("throughCache() gives copies: what a listener does to one changes no other", async () => {
    const cache = memoryCache();
    const spoil = (event: RlmEvent): void => {
      if (event.type === "query-end" && event.usage) event.usage.inputTokens = 0;
    };
    await run([same(3)], answering(), { cache, onEvent: spoil });
    const { ends } = await run([same(2)], answering(), { cache });
    expect(ends.map((end) => end.usage)).toEqual([usage2, usage2]);
  });
  const usage2 = { inputTokens: 1, outputTokens: 2 };

  it.each<[string, Partial<RlmOptions>, ScriptedCall, Partial<Model>]>([
    ["prompt", {}, "Same", {}],
    ["schema", {}, { kind: "llm", prompt: "same", options: { schema: { type: "string" } } }, {}],
    ["model's name", {}, "same", { modelName: "other" }],
    ["model's settings", {}, "same", { settings: "temperature 1" }],
    ["room for a reply", { limits: { maxOutputTokens: 4_000 } }, "same", {}],
  ])("throughCache() has another key for another %s", async (_, options, call, model) => {
    const cache = memoryCache();
    await run([["same"]], answering(), { cache });
    const subs = answering(['"x"']);
    await run([[call]], Object.assign(subs, model), { ...options, cache });
    expect(subs.calls).toHaveLength(1);
  });

  it("throughCache() shows one namespace of a cache nothing of the others", async () => {
    const cache = memoryCache({ namespace: "a" });
    await run([["same"]], answering(), { cache });
    const subs = answering();
    for (const namespace of ["b", "a"]) await run([["same"]], subs, { cache: { ...cache, namespace } });
    expect(subs.calls).toHaveLength(1);
  });

  it("throughCache() keeps rlm_query at the depth limit, and no root, no child's root and no tool", async () => {
    const cache = memoryCache();
    const asked: string[] = [];
    const sub: Model = async (_, { purpose }) => {
      asked.push(purpose);
      return { text: purpose === "sub" ? "plain" : "```repl\nFINAL('child')\n```", usage };
    };
    const subs = Object.assign(sub, { modelName: "sub" });
    const context = { text: "piece", json: false };
    const plain: ScriptedCall = { kind: "rlm", prompt: "what", context };
    for (let round = 0; round < 2; round++) await run([[plain]], subs, { cache });
    expect(asked).toEqual(["sub"]);

    asked.length = 0;
    let ran = 0;
    const tools = [{ name: "clock", description: "d", parameters: { type: "object" }, run: async () => ++ran }];
    const root: ScriptedStep[] = [
      { calls: [plain, { kind: "tool", name: "clock", prompt: "{}" }, { kind: "tool", name: "clock", prompt: "{}" }] },
      { answer: "done" },
    ];
    for (let round = 0; round < 2; round++) {
      const sandbox = scriptedSandbox([root, [{ answer: "child" }]]);
      const model = scriptedModel(["```repl\nask()\n```"]);
      const options = { model, subModel: subs, tools, cache, limits: { depth: 2, directBelow: 0 } };
      await runLoop({ query: "q", context: "c" }, options as unknown as RlmOptions, sandbox);
    }
    expect(asked).toEqual(["root", "root"]);
    expect(ran).toBe(4);
  });

  it.each<[string, Partial<SubCallCache>, RegExp]>([
    [
      "cannot be read",
      { get: () => Promise.reject(new Error("gone, key=sk-abcdefghijkl")) },
      /Cannot read the cache.*gone, key=\[key\]/,
    ],
    [
      "throws at once",
      {
        get: () => {
          throw new Error("gone");
        },
      },
      /Cannot read the cache.*gone/,
    ],
    ["is full", { set: () => Promise.reject(new Error("ENOSPC")) }, /Cannot write to the cache.*ENOSPC/],
    ["has something else under the key", { get: async () => "{}" }, /Cannot read the cache/],
    ["has no text under the key", { get: async () => 7 as unknown as string }, /Cannot read the cache/],
  ])("throughCache() takes a cache that %s for a warning and a miss", async (_, broken, warning) => {
    const subs = answering();
    const { texts, warnings, ends } = await run([["a"], ["b"]], subs, { cache: { ...memoryCache(), ...broken } });
    expect(texts).toEqual(["re a", "re b"]);
    expect(ends.map(({ cached }) => cached)).toEqual([undefined, undefined]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(warning);
  });

  it("throughCache() warns of a cache that does not answer, and leaves it alone after three times", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const get = vi.fn(() => new Promise<string>(() => {}));
    const set = vi.fn(() => new Promise<void>(() => {}));
    const started = run([["a"], ["b"], ["c"]], answering(), { cache: { get, set } });
    for (let times = 0; times < 3; times++) {
      await vi.waitFor(() => expect(get.mock.calls.length + set.mock.calls.length).toBe(times + 1));
      await vi.advanceTimersByTimeAsync(10_000);
    }
    const { texts, warnings } = await started;
    expect(texts).toEqual(["re a", "re b", "re c"]);
    expect(warnings).toEqual([expect.stringMatching(/Cannot read the cache of sub-calls.*no answer within 10 s/)]);
    // Reading and writing of the first call, reading of the second; what that one has to write is left too.
    expect([get.mock.calls.length, set.mock.calls.length]).toEqual([2, 1]);
  });

  it("resolveOptions() refuses a cache where a sub-model has no name, and says what to do", async () => {
    const nameless: Model = async () => ({ text: "" });
    const cache = memoryCache();
    for (const [subModel, option] of [
      [nameless, "subModel"],
      [{ default: answering(), large: nameless }, "subModel.large"],
    ] as const) {
      const started = run([], subModel as Model, { cache });
      await expect(started).rejects.toThrow(InputError);
      await expect(started).rejects.toThrow(`options.${option} has no modelName`);
    }
    await expect(run([], answering(), { cache: {} as SubCallCache })).rejects.toThrow(
      "Expected options.cache to be a cache",
    );
    const alone = runLoop({ query: "q", context: "c" }, { model: nameless, cache }, scriptedSandbox([]));
    await expect(alone).rejects.toThrow("options.model has no modelName, so its replies");
    // A root without one is no problem: it is never kept.
    const root = scriptedModel(["```repl\nask()\n```"], {});
    expect(
      (await run([["a"]], answering(), { cache, model: Object.assign(root, { modelName: undefined }) })).texts,
    ).toEqual(["re a"]);
  });
});
