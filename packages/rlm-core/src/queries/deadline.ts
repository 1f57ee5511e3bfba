import { BudgetError } from "../errors.ts";
import type { Run } from "../run.ts";

/**
 * Aborts, with a {@link BudgetError}, when the run's active time and `grace` (milliseconds from now) are used up. It looks
 * again when its time has come, for a person may have been asked meanwhile, or have raised the limit.
 */
export function startDeadline({ budget }: Pick<Run, "budget">, grace = 0): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const graceEnd = performance.now() + grace;
  let timer: NodeJS.Timeout | undefined;
  look(0);
  return { signal: controller.signal, stop: () => clearTimeout(timer) };

  function look(least: number): void {
    const { max, spent } = budget.standing("durationMs");
    if (max === Infinity) return;
    const left = Math.max(graceEnd - performance.now(), max - spent);
    if (left > 0) timer = setTimeout(look, Math.min(Math.max(left, least), 2 ** 31 - 1), 20);
    else controller.abort(new BudgetError({ limit: "durationMs", max, spent }));
  }
}
