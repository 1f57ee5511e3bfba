import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  double,
  integer,
  nat,
  record,
  type Arbitrary,
} from "fast-check";
import { expect, it } from "vitest";
import type { BudgetEntry } from "./budget-log.ts";
import type { RlmEvent } from "./events.ts";
import type { Limits } from "./limits.ts";
import { runLoop } from "./loop.ts";
import type { Model } from "./model.ts";
import { costOf } from "./prices.ts";
import { scriptedSandbox, type ScriptedStep } from "./testing/scripted-sandbox.ts";
import { promptTokens } from "./tokens.ts";

/** Texts of words, of numbers and of signs have other numbers of tokens. */
const text = (most: number): Arbitrary<string> =>
  record({ chars: nat(most), of: constantFrom("a word ", "x1", "[{", "文", "\n") }).map(({ chars, of }) =>
    of.repeat(Math.ceil(chars / of.length)).slice(0, chars),
  );

const scenarios = record({
  query: text(12_000),
  maxOutputTokens: integer({ min: 50, max: 9_000 }),
  price: record({
    inputPerMillion: double({ min: 0.01, max: 500, noNaN: true }),
    outputPerMillion: double({ min: 0.01, max: 500, noNaN: true }),
  }),
  turns: array(
    record({
      said: text(4_000),
      waves: array(array(text(6_000), { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
      output: text(20_000),
      error: text(2_000),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  /** What a call uses of what it reserves: of what it reads, and of what it may write. */
  reads: constantFrom(1, 0.7),
  writes: constantFrom(1, 0.5, 0.02),
  cut: boolean(),
  deferChildren: boolean(),
  /** What the limits have beyond a turn and a conclusion, in such pairs; undefined: no limit. */
  tokens: constantFrom(undefined, 0, 0.1, 0.5, 1, 3),
  costUsd: constantFrom(undefined, 0, 0.1, 0.5, 1, 3),
});

type Scenario = typeof scenarios extends Arbitrary<infer T> ? T : never;

interface Played {
  end: unknown;
  entries: BudgetEntry[];
}

/** Blocks that all fail, so that nothing but a conclusion is an answer. */
async function play(scenario: Scenario, limits: Partial<Limits>): Promise<Played> {
  const { query, maxOutputTokens, price, turns, reads, writes, cut, deferChildren } = scenario;
  let turn = 0;
  const answer: Model = async (messages, { purpose, maxOutputTokens: room }) => {
    const usage = {
      inputTokens: Math.floor(reads * promptTokens(messages)),
      outputTokens: Math.floor(writes * room),
    };
    if (purpose !== "root") return { text: "said", usage, finishReason: cut ? "length" : "stop" };
    return { text: `${turns[turn++ % turns.length]?.said}\n\`\`\`repl\nwork()\n\`\`\``, usage };
  };
  const script = turns.flatMap(({ waves, output, error }): ScriptedStep[] => [
    ...waves.map((calls) => ({ calls })),
    { output, error: { kind: "thrown", message: error } },
  ]);
  const entries: BudgetEntry[] = [];
  const onEvent = (event: RlmEvent): void => void (event.type === "budget" && entries.push(event.entry));
  const end = await runLoop(
    { query: `q ${query}`, context: "c" },
    {
      model: Object.assign(answer, { modelName: "m" }),
      prices: { m: price },
      limits: { directBelow: 0, errors: 100, calls: 1_000, turns: turns.length, maxOutputTokens, ...limits },
      onEvent,
    },
    scriptedSandbox([script]),
    { deferChildren, wait: async () => {} },
  ).catch((error: unknown) => error);
  return { end, entries };
}

it("runLoop() ends with an answer, and within its limits, wherever they pay for one turn and one conclusion", async () => {
  await assert(
    asyncProperty(scenarios, async (scenario) => {
      // What these cost at most is known from a run that has no more than them.
      const { entries } = await play(scenario, { tokens: Infinity, turns: 1 });
      const reserved = entries.filter((entry) => entry.type === "reserve");
      const pair = [reserved.find(({ toConclude }) => toConclude !== undefined), reserved.at(-1)];
      // Their words on what is left are a few more or less.
      const inputTokens = pair.reduce((sum, entry) => sum + (entry?.inputTokens ?? NaN) + 100, 0);
      const outputTokens = 2 * scenario.maxOutputTokens;
      const { price } = scenario;
      const least = {
        tokens: inputTokens + outputTokens,
        costUsd: costOf({ inputTokens, outputTokens }, "m", { m: price }) ?? NaN,
      };
      const { tokens: moreTokens = Infinity, costUsd: moreUsd = Infinity } = scenario;
      const limits = { tokens: Math.ceil(least.tokens * (1 + moreTokens)), costUsd: least.costUsd * (1 + moreUsd) };

      const { end, entries: spending } = await play(scenario, limits);
      expect(end).toMatchObject({ status: "concluded", answer: "said" });
      expect(spent(spending).tokens).toBeLessThanOrEqual(limits.tokens);
      expect(spent(spending).costUsd).toBeLessThanOrEqual(limits.costUsd + 1e-9);
    }),
    { numRuns: 80 },
  );
}, 60_000);

function spent(entries: readonly BudgetEntry[]): { tokens: number; costUsd: number } {
  const settled = entries.filter((entry) => entry.type === "settle");
  return {
    tokens: settled.reduce((sum, { usage }) => sum + usage.inputTokens + usage.outputTokens, 0),
    costUsd: settled.reduce((sum, { costUsd = NaN }) => sum + costUsd, 0),
  };
}
