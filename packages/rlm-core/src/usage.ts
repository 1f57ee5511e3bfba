import type { TokenUsage } from "./model.ts";
import type { Usage } from "./state.ts";

export const noUsage: Usage = {
  calls: 0,
  inputTokens: 0,
  outputTokens: 0,
  estimated: false,
  costUsd: 0,
  unpriced: [],
  byModel: {},
  activeMs: 0,
};

/** Adds one call; `costUsd` is undefined for a model without a price. */
export function addUsage(
  total: Usage,
  { model, usage, costUsd }: { model: string; usage: TokenUsage; costUsd: number | undefined },
): void {
  // Not by assignment: a model may be called "__proto__".
  if (!Object.hasOwn(total.byModel, model))
    Object.defineProperty(total.byModel, model, {
      value: { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 },
      enumerable: true,
      configurable: true,
      writable: true,
    });
  for (const sum of [total, total.byModel[model]]) {
    if (sum === undefined) continue;
    sum.calls += 1;
    sum.inputTokens += usage.inputTokens;
    sum.outputTokens += usage.outputTokens;
    sum.costUsd += costUsd ?? 0;
  }
  if (costUsd === undefined && !total.unpriced.includes(model)) total.unpriced.push(model);
  if (usage.estimated === true) total.estimated = true;
}
