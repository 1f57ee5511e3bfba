import { BudgetError } from "../errors.ts";
import type { Run } from "../run.ts";

/** Aborts, with a {@link BudgetError}, when the run's active time and `grace` (milliseconds from now) are used up. */
export function startDeadline({ limits, budget }: Run, grace = 0): { signal: AbortSignal; stop(): void } {
  const max = limits.durationMs;
  const controller = new AbortController();
  if (max === Infinity) return { signal: controller.signal, stop: () => {} };
  const error = (): BudgetError => new BudgetError({ limit: "durationMs", max, spent: budget.usage().activeMs });
  const left = Math.max(grace, max - budget.usage().activeMs);
  if (left <= 0) controller.abort(error());
  const timer = setTimeout(() => controller.abort(error()), Math.min(left, 2 ** 31 - 1));
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}
