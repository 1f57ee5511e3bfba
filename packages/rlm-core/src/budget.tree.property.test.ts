import {
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
  type Arbitrary,
} from "fast-check";
import { expect, it } from "vitest";
import type { BudgetEntry } from "./budget-log.ts";
import { createBudget } from "./budget.ts";
import { BudgetError, RlmError } from "./errors.ts";
import type { RlmEvent } from "./events.ts";
import { defaultLimits } from "./limits.ts";
import { runLoop } from "./loop.ts";
import type { ChatMessage, ModelOptions, ModelReply } from "./model.ts";
import { memoryStore } from "./stores/memory.ts";
import { scriptedSandbox, type ScriptedCall, type ScriptedStep } from "./testing/scripted-sandbox.ts";

const prices = { m: { inputPerMillion: 300, outputPerMillion: 900 } };
const amounts = ["calls", "tokens", "costUsd"] as const;
type Amounts = Record<(typeof amounts)[number], number>;

/** What a budget's entries come to: settled, open, and by how much calls have used more than they had reserved. */
function watch() {
  const settled: Amounts = { calls: 0, tokens: 0, costUsd: 0 };
  const excess: Amounts = { calls: 0, tokens: 0, costUsd: 0 };
  const open = new Map<string, Amounts>();
  return {
    settled,
    excess,
    open,
    add(entry: BudgetEntry): void {
      if (entry.type === "reserve") {
        const tokens = entry.inputTokens + entry.maxOutputTokens;
        open.set(entry.id, { calls: 1, tokens, costUsd: entry.costUsd ?? 0 });
      } else {
        const reserved = open.get(entry.id);
        if (reserved === undefined) throw new Error("a call was settled twice, or never reserved");
        open.delete(entry.id);
        if (entry.type !== "settle") return;
        const { inputTokens, outputTokens } = entry.usage;
        const used: Amounts = { calls: 1, tokens: inputTokens + outputTokens, costUsd: entry.costUsd ?? 0 };
        for (const name of amounts) {
          settled[name] += used[name];
          excess[name] += Math.max(0, used[name] - reserved[name]);
        }
      }
    },
    /** Settled and reserved together are within the limit, but for what calls used beyond what they had reserved. */
    check(limits: Amounts): void {
      for (const name of amounts) {
        const held = [...open.values()].reduce((sum, reserved) => sum + reserved[name], settled[name]);
        expect(held, name).toBeLessThanOrEqual(limits[name] + excess[name] + 1e-9);
      }
    },
  };
}

/** A generator of its own for each case, so that what happens does not depend on the order of events. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const limitsOf = record({
  calls: oneof(integer({ min: 1, max: 30 }), integer({ min: 50, max: 400 })),
  tokens: oneof(integer({ min: 500, max: 20_000 }), integer({ min: 20_000, max: 400_000 })),
  costUsd: oneof(integer({ min: 1, max: 30 }), constant(1_000)),
});

it("createBudget() holds its limits over 64 children that reserve and settle at once, ends them all, and keeps room to conclude", async () => {
  await assert(
    asyncProperty(limitsOf, nat(), constantFrom(0, 0.1), async (given, seed, greedy) => {
      const random = randomOf(seed);
      const limits = { ...defaultLimits, ...given, maxOutputTokens: 500 };
      const seen = watch();
      const onEntry = (entry: BudgetEntry): void => {
        seen.add(entry);
        seen.check(limits);
      };
      const budget = createBudget({ limits, prices, store: memoryStore(), logKey: "budget", now: () => 0, onEntry });
      const child = async (name: number): Promise<void> => {
        for (let calls = 0; calls < 8; calls++) {
          const size = { inputTokens: Math.floor(random() * 3_000), maxOutputTokens: 1 + Math.floor(random() * 499) };
          await turns(random() * 3);
          const reservation = await budget.reserve({ runId: `r/1.${name}`, model: "m", ...size });
          await turns(random() * 5);
          const part = random() < greedy ? 1 + random() : random();
          const usage = {
            inputTokens: Math.floor(size.inputTokens * part),
            outputTokens: Math.floor(size.maxOutputTokens * part),
          };
          if (random() < 0.1) await budget.release(reservation);
          else await budget.settle(reservation, { usage, model: "m" });
        }
      };
      const ends = await Promise.allSettled(Array.from({ length: 64 }, (_, name) => child(name)));
      for (const end of ends) if (end.status === "rejected") expect(end.reason).toBeInstanceOf(BudgetError);
      expect(seen.open.size).toBe(0);
      for (const name of amounts)
        expect(seen.settled[name]).toBeLessThanOrEqual(limits[name] + seen.excess[name] + 1e-9);
      const { calls, inputTokens, outputTokens, costUsd } = budget.usage();
      expect([calls, inputTokens + outputTokens]).toEqual([seen.settled.calls, seen.settled.tokens]);
      expect(costUsd).toBeCloseTo(seen.settled.costUsd, 9);

      // Where calls kept to what they had reserved, the root's last one finds what was held back for it.
      if (seen.excess.tokens > 0 || limits.calls < 2) return;
      const room = Math.floor(Math.min(9_000, limits.tokens / 10, ((limits.costUsd / 20) * 1e6) / 900));
      if (room < 2) return;
      const size = { inputTokens: Math.floor(room / 2), maxOutputTokens: Math.floor(room / 2) };
      const last = await budget.reserve({ runId: "r", model: "m", ...size, concluding: true });
      await budget.settle(last, { usage: { inputTokens: 0, outputTokens: 0 }, model: "m" });
    }),
    { numRuns: 60 },
  );
}, 60_000);

const call: Arbitrary<ScriptedCall> = oneof(
  { weight: 5, arbitrary: nat(10_000).map((n) => `question ${n}`) },
  {
    weight: 3,
    arbitrary: nat(10_000).map((n) => ({
      kind: "rlm" as const,
      prompt: `child ${n}`,
      context: { text: "c", json: false },
    })),
  },
);
/** The blocks of one session: what each calls, a wave after the other, and how it ends. */
const session = array(
  record({
    waves: array(array(call, { minLength: 1, maxLength: 6 }), { maxLength: 2 }),
    fails: constantFrom(false, false, true),
  }),
  { minLength: 1, maxLength: 3 },
);

it("runLoop() holds its limits over random trees, ends each of them, and asks for a conclusion within what is held back", async () => {
  await assert(
    asyncProperty(
      limitsOf,
      array(session, { minLength: 1, maxLength: 12 }),
      nat(),
      constantFrom(0, 0.1),
      constantFrom(1, 3, 16),
      constantFrom(false, true),
      async (given, pool, seed, greedy, concurrency, deferChildren) => {
        const random = randomOf(seed);
        const purposes: string[] = [];
        const seen = watch();
        const limits = { ...given, concurrency, depth: 3, directBelow: 0, maxOutputTokens: 200, turns: 4, errors: 3 };
        const model = Object.assign(
          async (messages: ChatMessage[], { purpose, depth, maxOutputTokens }: ModelOptions): Promise<ModelReply> => {
            if (depth === 0) purposes.push(purpose);
            await turns(random() * 4);
            const failure = random();
            if (purpose === "sub" && failure < 0.05) throw new Error("no");
            if (purpose === "sub" && failure < 0.08) throw new TypeError("fetch failed");
            const chars = messages.reduce((sum, { content }) => sum + content.length, 0);
            const part = random() < greedy ? 2 : 0.8 * random();
            const usage = {
              inputTokens: 1 + Math.floor(chars * 0.3 * part),
              outputTokens: 1 + Math.floor(maxOutputTokens * part),
            };
            const text = purpose === "root" ? "```repl\nwork()\n```" : "said";
            return { text, usage, ...(failure > 0.95 && { finishReason: "length" as const }) };
          },
          { modelName: "m" },
        );
        const scripts = Array.from({ length: 2_000 }, (_, at) => scriptOf(pool[at % pool.length] ?? []));
        const onEvent = (event: RlmEvent): void => {
          if (event.type !== "budget") return;
          seen.add(event.entry);
          seen.check(given);
        };
        const run = runLoop(
          { query: "q", context: "c" },
          { model, limits, prices, onEvent },
          scriptedSandbox(scripts),
          {
            deferChildren,
            wait: async () => {},
          },
        );
        const end = await run.catch((error: unknown) => error);
        // What the assertions above throw ends the run, as what a listener throws does.
        if (end instanceof Error && !(end instanceof RlmError)) throw end;
        if (end instanceof RlmError) expect(["budget", "model"]).toContain(end.code);
        else expect(end).toMatchObject({ usage: { calls: seen.settled.calls } });
        expect(seen.open.size).toBe(0);
        for (const name of amounts)
          expect(seen.settled[name]).toBeLessThanOrEqual(given[name] + seen.excess[name] + 1e-9);
        // One call is held back, so at this limit the root is asked, unless tokens or dollars are short too.
        const atCalls = !(end instanceof Error) && (end as { limit?: string }).limit === "calls";
        const isRoomy = given.tokens >= 100_000 && given.costUsd === 1_000;
        if (atCalls && given.calls >= 3 && isRoomy) expect(purposes.at(-1)).toBe("conclude");
      },
    ),
    { numRuns: 80 },
  );
}, 120_000);

function scriptOf(blocks: readonly { waves: ScriptedCall[][]; fails: boolean }[]): ScriptedStep[] {
  return blocks.flatMap(({ waves, fails }, at): ScriptedStep[] => {
    const isLast = at === blocks.length - 1;
    const failed = { error: { kind: "thrown" as const, message: "no" } };
    return [...waves.map((calls) => ({ calls })), isLast ? { answer: "found" } : fails ? failed : { output: "seen" }];
  });
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
