import {
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  double,
  integer,
  nat,
  oneof,
  record,
} from "fast-check";
import { expect, it } from "vitest";
import { createBudget, restoreBudget } from "./budget.ts";
import type { Reservation } from "./budget.ts";
import { BudgetError } from "./errors.ts";
import { defaultLimits } from "./limits.ts";
import type { Usage } from "./state.ts";
import { memoryStore } from "./stores/memory.ts";
import { addUsage } from "./usage.ts";

const prices = {
  cheap: { inputPerMillion: 1, outputPerMillion: 2 },
  dear: { inputPerMillion: 500, outputPerMillion: 900 },
};
const size = record({
  model: constantFrom("cheap", "dear"),
  inputTokens: nat(3000),
  maxOutputTokens: nat(500),
  concluding: boolean(),
});
const action = oneof(
  { weight: 3, arbitrary: record({ type: constant("reserve" as const), size }) },
  {
    weight: 2,
    arbitrary: record({
      type: constant("settle" as const),
      pick: nat(),
      part: double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: record({ type: constant("release" as const), pick: nat() }) },
);

it("createBudget() never lets usage over a limit if calls keep to their reserved sizes, and restoreBudget() equals it, whatever the order", async () => {
  await assert(
    asyncProperty(
      array(action, { maxLength: 60 }),
      integer({ min: 1, max: 12 }),
      integer({ min: 100, max: 20_000 }),
      double({ min: 0.01, max: 5, noNaN: true }),
      async (actions, calls, tokens, costUsd) => {
        const options = {
          limits: { ...defaultLimits, calls, tokens, costUsd },
          prices,
          store: memoryStore(),
          logKey: "budget",
          now: () => 0,
        };
        const budget = createBudget(options);
        const open: Reservation[] = [];
        const waiting: Promise<void>[] = [];
        const take = (pick: number): Reservation | undefined => open.splice(pick % Math.max(1, open.length), 1)[0];
        for (const step of actions) {
          if (step.type === "reserve")
            waiting.push(
              budget
                .reserve({ runId: "r", ...step.size })
                .then((reservation) => void open.push(reservation), onlyBudgetErrors),
            );
          else {
            const reservation = take(step.pick);
            if (reservation === undefined) continue;
            if (step.type === "release") await budget.release(reservation);
            else await budget.settle(reservation, { usage: scaled(reservation, step.part), model: reservation.model });
          }
          await turnOfTheLoop();
          expectWithin();
        }
        // A crash now leaves the open calls at their reserved size.
        const expected = budget.usage();
        for (const { model, inputTokens, maxOutputTokens, costUsd: cost } of open)
          addUsage(expected, {
            model,
            usage: { inputTokens, outputTokens: maxOutputTokens, estimated: true },
            costUsd: cost,
          });
        expect(rounded((await restoreBudget(options)).usage())).toEqual(rounded(expected));

        while (open.length > 0) {
          for (const reservation of open.splice(0))
            await budget.settle(reservation, { usage: scaled(reservation, 1), model: reservation.model });
          await turnOfTheLoop();
          expectWithin();
        }
        await Promise.all(waiting);

        function expectWithin(): void {
          const spent = budget.usage();
          const reserved = open.reduce(
            (sum, { inputTokens, maxOutputTokens }) => sum + inputTokens + maxOutputTokens,
            0,
          );
          const dollars = open.reduce((sum, { costUsd: cost = 0 }) => sum + cost, 0);
          expect(spent.calls + open.length).toBeLessThanOrEqual(calls);
          expect(spent.inputTokens + spent.outputTokens + reserved).toBeLessThanOrEqual(tokens);
          expect(spent.costUsd + dollars).toBeLessThanOrEqual(costUsd + 1e-9);
        }
      },
    ),
    { numRuns: 200 },
  );
});

function onlyBudgetErrors(error: unknown): void {
  expect(error).toBeInstanceOf(BudgetError);
}

function scaled(
  { inputTokens, maxOutputTokens }: Reservation,
  part: number,
): { inputTokens: number; outputTokens: number } {
  return { inputTokens: Math.floor(inputTokens * part), outputTokens: Math.floor(maxOutputTokens * part) };
}

// Dollars are summed in another order.
function rounded(usage: Usage): unknown {
  return JSON.parse(
    JSON.stringify(usage, (key, value: unknown) => (key === "costUsd" ? Number((value as number).toFixed(9)) : value)),
  );
}

async function turnOfTheLoop(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
