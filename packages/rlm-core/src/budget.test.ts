import { describe, expect, it } from "vitest";
import { createBudget, restoreBudget } from "./budget.ts";
import type { Budget, BudgetOptions, CallSize } from "./budget.ts";
import { BudgetError, InputError } from "./errors.ts";
import { defaultLimits } from "./limits.ts";
import type { Limits } from "./limits.ts";
import { memoryStore } from "./stores/memory.ts";

const prices = { big: { inputPerMillion: 2, outputPerMillion: 10 } };
const small: CallSize = { runId: "r", model: "big", inputTokens: 100, maxOutputTokens: 50 };
const used = { usage: { inputTokens: 90, outputTokens: 10 }, model: "big" };

// By these prices 0.21 dollars, and 0.23 to conclude.
const rootTurn = { ...small, inputTokens: 100_000, maxOutputTokens: 1000, toConclude: 110_000 };
const ordinary = { ...small, maxOutputTokens: 0 };

async function settleWhole(budget: Budget, call: CallSize): Promise<void> {
  const { inputTokens, maxOutputTokens: outputTokens, model } = call;
  await budget.settle(await budget.reserve(call), { usage: { inputTokens, outputTokens }, model });
}

function open(limits: Partial<Limits> = {}, options: Partial<BudgetOptions> = {}) {
  const clock = { ms: 0 };
  const store = options.store ?? memoryStore();
  const all = {
    limits: { ...defaultLimits, ...limits },
    prices,
    store,
    logKey: "run/budget",
    now: () => clock.ms,
    ...options,
  };
  return { budget: createBudget(all), clock, store, restore: () => restoreBudget({ ...all, now: () => 0 }) };
}

describe("createBudget()", () => {
  it("settle() replaces the reserved size by what was used, by model", async () => {
    const { budget, clock } = open();
    const first = await budget.reserve(small);
    const second = await budget.reserve({ ...small, model: "unknown" });
    expect(budget.usage()).toMatchObject({ calls: 0, inputTokens: 0 });
    clock.ms = 250.4;
    expect(await budget.settle(first, used)).toEqual({ usage: used.usage, costUsd: 0.00028 });
    expect(
      await budget.settle(second, { usage: { inputTokens: 1, outputTokens: 2, estimated: true }, model: "unknown" }),
    ).toMatchObject({ costUsd: undefined });
    expect(budget.usage()).toEqual({
      calls: 2,
      inputTokens: 91,
      outputTokens: 12,
      estimated: true,
      costUsd: 0.00028,
      unpriced: ["unknown"],
      byModel: {
        big: { calls: 1, inputTokens: 90, outputTokens: 10, costUsd: 0.00028 },
        unknown: { calls: 1, inputTokens: 1, outputTokens: 2, costUsd: 0 },
      },
      activeMs: 250,
    });
  });

  it("reserve() stops at limits.calls and leaves one call to conclude", async () => {
    const { budget } = open({ calls: 3 });
    await budget.reserve(small);
    await budget.settle(await budget.reserve(small), used);
    await expect(budget.reserve(small)).rejects.toMatchObject({
      name: "BudgetError",
      limit: "calls",
      max: 3,
      spent: 2,
    });
    await budget.reserve({ ...small, concluding: true });
    await expect(budget.reserve({ ...small, concluding: true })).rejects.toMatchObject({
      limit: "calls",
      max: 3,
      spent: 3,
    });
  });

  it("reserve() with limits.calls of 1 allows the one call", async () => {
    const { budget } = open({ calls: 1 });
    await budget.reserve(small);
    await expect(budget.reserve({ ...small, concluding: true })).rejects.toMatchObject({ limit: "calls" });
  });

  it("reserve() stops at limits.tokens at the reserved size and leaves a tenth, at most two replies and 8,000 tokens, to conclude", async () => {
    const { budget } = open({ tokens: 1000 });
    await budget.settle(await budget.reserve({ ...small, inputTokens: 850, maxOutputTokens: 50 }), {
      usage: { inputTokens: 800, outputTokens: 0 },
      model: "big",
    });
    await expect(budget.reserve({ ...small, inputTokens: 100, maxOutputTokens: 1 })).rejects.toMatchObject({
      limit: "tokens",
      max: 1000,
      spent: 800,
    });
    await budget.reserve({ ...small, inputTokens: 150, maxOutputTokens: 50, concluding: true });
    const large = open({ tokens: 10_000_000, maxOutputTokens: 1000 }).budget;
    await expect(large.reserve({ ...small, inputTokens: 9_990_000, maxOutputTokens: 1 })).rejects.toBeInstanceOf(
      BudgetError,
    );
    await large.reserve({ ...small, inputTokens: 9_989_999, maxOutputTokens: 1 });
  });

  it("reserve() stops at limits.costUsd and leaves a twentieth to conclude", async () => {
    const { budget } = open({ costUsd: 1 });
    const costly = { ...small, inputTokens: 480_000, maxOutputTokens: 0 };
    await expect(budget.reserve(costly)).rejects.toMatchObject({ limit: "costUsd", max: 1, spent: 0 });
    await budget.reserve({ ...costly, concluding: true });
  });

  it("reserve() leaves what a conclusion may cost at most after the newest turn of the root", async () => {
    for (const limits of [{ costUsd: 1 }, { tokens: 480_000 }]) {
      const { budget, restore } = open({ maxOutputTokens: 1000, ...limits });
      await settleWhole(budget, rootTurn);
      for (const now of [budget, await restore()]) {
        await expect(now.reserve({ ...ordinary, inputTokens: 290_000 })).rejects.toBeInstanceOf(BudgetError);
        // Fits with what the first turn leaves, but a conclusion after it would read more.
        await expect(now.reserve({ ...rootTurn, inputTokens: 240_000, toConclude: 260_000 })).rejects.toBeInstanceOf(
          BudgetError,
        );
      }
      await settleWhole(budget, { ...ordinary, inputTokens: 250_000 });
      await budget.reserve({ ...rootTurn, inputTokens: 110_000, concluding: true });
    }
  });

  it("reserve() leaves nothing before the first turn of the root, and no conclusion that cannot be paid any more", async () => {
    for (const limits of [{ costUsd: 0.21 }, { tokens: 101_000 }])
      await open({ maxOutputTokens: 1000, ...limits }).budget.reserve(rootTurn);
    const { budget } = open({ maxOutputTokens: 1000, costUsd: 0.4 });
    await settleWhole(budget, rootTurn);
    await expect(budget.reserve({ ...ordinary, inputTokens: 90_000 })).rejects.toBeInstanceOf(BudgetError);
    await budget.reserve({ ...ordinary, inputTokens: 80_000 });
  });

  it("left() measures by what a conclusion leaves", async () => {
    const { budget } = open({ maxOutputTokens: 1000, costUsd: 0.45 });
    expect(budget.left()).not.toHaveProperty("near");
    await settleWhole(budget, rootTurn);
    expect(budget.left()).toMatchObject({ near: "cost" });
  });

  it("reserve() refuses all but the concluding call once limits.durationMs are over", async () => {
    const { budget, clock } = open({ durationMs: 1000 });
    clock.ms = 999;
    await budget.reserve(small);
    clock.ms = 1000;
    await expect(budget.reserve(small)).rejects.toMatchObject({ limit: "durationMs", max: 1000, spent: 1000 });
    await budget.reserve({ ...small, concluding: true });
  });

  it("pause() and resume() stop the active time, as often as they were called", async () => {
    const { budget, clock } = open();
    clock.ms = 100;
    budget.pause();
    clock.ms = 200;
    budget.pause();
    budget.resume();
    clock.ms = 300;
    expect(budget.usage().activeMs).toBe(100);
    budget.resume();
    budget.resume();
    clock.ms = 350;
    expect(budget.usage().activeMs).toBe(150);
  });

  it("reserve() waits while calls in flight may give back enough tokens, and is refused if they do not", async () => {
    const { budget } = open({ tokens: 1000 });
    const half = { ...small, inputTokens: 350, maxOutputTokens: 100 };
    const inFlight = [await budget.reserve(half), await budget.reserve(half)];
    const events: string[] = [];
    const lucky = budget.reserve(half).then((reservation) => (events.push("lucky"), reservation));
    const unlucky = budget.reserve(half).catch((error: unknown) => (events.push("unlucky"), error));
    const hopeless = budget.reserve({ ...half, inputTokens: 900 });
    await expect(hopeless).rejects.toMatchObject({ limit: "tokens", spent: 900 });
    expect(events).toEqual([]);
    for (const reservation of inFlight)
      await budget.settle(reservation, { usage: { inputTokens: 150, outputTokens: 0 }, model: "big" });
    await budget.settle(await lucky, { usage: { inputTokens: 400, outputTokens: 0 }, model: "big" });
    expect(await unlucky).toMatchObject({ limit: "tokens", spent: 700 });
    expect(events).toEqual(["lucky", "unlucky"]);
  });

  it("release() gives back what was reserved", async () => {
    const { budget } = open({ calls: 2 });
    await budget.release(await budget.reserve(small));
    await budget.reserve(small);
    expect(budget.usage().calls).toBe(0);
  });

  it("settle() and release() of a reservation that is no longer open are errors", async () => {
    const { budget } = open();
    const reservation = await budget.reserve(small);
    await budget.settle(reservation, used);
    await expect(budget.settle(reservation, used)).rejects.toThrow("it is not open");
    await expect(budget.release(reservation)).rejects.toThrow("it is not open");
    expect(budget.usage().calls).toBe(1);
  });

  it("settle() charges the reserved size where the model's usage is no number", async () => {
    for (const usage of [
      { inputTokens: NaN, outputTokens: 1 },
      { inputTokens: -1, outputTokens: 1 },
      { inputTokens: "7" as unknown as number, outputTokens: 1 },
    ]) {
      const { budget } = open();
      await budget.settle(await budget.reserve(small), { usage, model: "big" });
      expect(budget.usage()).toMatchObject({ inputTokens: 100, outputTokens: 50, estimated: true });
    }
  });

  it("settle() prices a reply under a dated name by the name that was asked", async () => {
    const { budget } = open({ costUsd: 1 });
    const { costUsd } = await budget.settle(await budget.reserve(small), { ...used, model: "big-2026-01-01" });
    expect(costUsd).toBe(0.00028);
    expect(budget.usage()).toMatchObject({
      unpriced: [],
      costUsd: 0.00028,
      byModel: { "big-2026-01-01": { calls: 1 } },
    });
  });

  it("reserve() under limits.costUsd of a model without a price is an InputError that says what to give", async () => {
    const { budget } = open({ costUsd: 1 });
    await expect(budget.reserve({ ...small, model: "constructor" })).rejects.toThrow(
      'the model "constructor" has no price; give prices: { "constructor"',
    );
    await expect(budget.reserve({ ...small, model: "new" })).rejects.toBeInstanceOf(InputError);
  });

  it("left() counts ordinary calls and names the first limit of which 85 % is spent", async () => {
    const { budget, clock } = open({ calls: 10, tokens: 10_000, durationMs: 1000 });
    expect(budget.left()).toEqual({ calls: 9 });
    await budget.settle(await budget.reserve(small), { usage: { inputTokens: 8500, outputTokens: 0 }, model: "big" });
    expect(budget.left()).toEqual({ calls: 8, near: "tokens" });
    for (let call = 0; call < 8; call += 1)
      await budget.settle(await budget.reserve({ ...small, inputTokens: 1, maxOutputTokens: 1 }), {
        usage: { inputTokens: 0, outputTokens: 0 },
        model: "big",
      });
    expect(budget.left()).toEqual({ calls: 0, near: "model calls" });
    clock.ms = 1e9;
    expect(open({ calls: Infinity, tokens: Infinity, durationMs: Infinity }).budget.left()).toEqual({ calls: null });
  });

  it("reserve() whose append fails gives its size back", async () => {
    const store = memoryStore();
    let full = true;
    const { budget } = open(
      { calls: 1 },
      {
        store: {
          ...store,
          append: async (key, entry) => (full ? Promise.reject(new Error("disk full")) : store.append(key, entry)),
        },
      },
    );
    await expect(budget.reserve(small)).rejects.toThrow("disk full");
    full = false;
    await budget.reserve(small);
  });

  it("createBudget() checks the price table", () => {
    for (const price of [
      undefined,
      { inputPerMillion: 1 },
      { inputPerMillion: -1, outputPerMillion: 1 },
      { inputPerMillion: 1, outputPerMillion: NaN },
    ]) {
      expect(() => open({}, { prices: { x: price as never } })).toThrow(
        /Expected prices\["x"\]\.(in|out)putPerMillion to be US dollars of 0 or more, got/,
      );
    }
  });
});

describe("restoreBudget()", () => {
  it("restoreBudget() takes settled calls as settled and charges open ones at their reserved size", async () => {
    const { budget, clock, restore } = open({ calls: 5 });
    await budget.settle(await budget.reserve(small), used);
    await budget.release(await budget.reserve(small));
    clock.ms = 700;
    await budget.reserve({ ...small, model: "unknown" });
    const restored = await restore();
    expect(restored.usage()).toMatchObject({
      calls: 2,
      inputTokens: 190,
      outputTokens: 60,
      estimated: true,
      unpriced: ["unknown"],
      activeMs: 700,
    });
    expect(restored.left().calls).toBe(2);
  });

  it("restoreBudget() knows what each session and all below it spent, and when it began", async () => {
    const { budget, clock, restore } = open();
    clock.ms = 100;
    await budget.settle(await budget.reserve({ ...small, runId: "r" }), used);
    clock.ms = 200;
    await budget.settle(await budget.reserve({ ...small, runId: "r/1.1" }), used);
    clock.ms = 300;
    await budget.reserve({ ...small, runId: "r/1.1/1.2" });
    const expected = { r: [3, 300], "r/1.1": [2, 100], "r/1.1/1.2": [1, 0], "r/1.2": [0, 0] };
    const restored = await restore();
    for (const [runId, [calls, activeMs]] of Object.entries(expected))
      expect([runId, restored.usage(runId)]).toMatchObject([runId, { calls, activeMs }]);
    expect(budget.usage("r/1.1")).toMatchObject({ calls: 1, activeMs: 100 });
  });

  it("restoreBudget() counts an entry that was told twice once", async () => {
    const { budget, restore, store } = open();
    await budget.settle(await budget.reserve(small), used);
    for (const entry of await store.read("run/budget")) await store.append("run/budget", entry);
    expect((await restore()).usage()).toMatchObject({ calls: 1, inputTokens: 90 });
  });

  it("restoreBudget() twice charges an open call once", async () => {
    const { budget, restore } = open();
    await budget.reserve(small);
    await (await restore()).settle(await (await restore()).reserve(small), used).catch(() => {});
    expect((await restore()).usage().calls).toBe(2);
  });

  it("restoreBudget() of a run that has no log begins at nothing", async () => {
    expect((await open().restore()).usage()).toMatchObject({ calls: 0, activeMs: 0 });
  });

  it("restoreBudget() of a log of something else is an RlmError with code store", async () => {
    const { store, restore } = open();
    await store.append("run/budget", { type: "result" });
    await expect(restore()).rejects.toMatchObject({
      code: "store",
      message: 'Cannot rebuild the budget: entry 1 of the log "run/budget" is not one of a budget',
    });
  });
});
