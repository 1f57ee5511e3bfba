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
  for (const sum of [total, modelOf(total, model)]) {
    sum.calls += 1;
    sum.inputTokens += usage.inputTokens;
    sum.outputTokens += usage.outputTokens;
    sum.costUsd += costUsd ?? 0;
  }
  if (costUsd === undefined && !total.unpriced.includes(model)) total.unpriced.push(model);
  if (usage.estimated === true) total.estimated = true;
}

/** Adds what was added up elsewhere, without its time. */
export function mergeUsage(total: Usage, more: Usage): void {
  for (const [sum, added] of [
    [total, more] as const,
    ...Object.entries(more.byModel).map(([model, added]) => [modelOf(total, model), added] as const),
  ]) {
    sum.calls += added.calls;
    sum.inputTokens += added.inputTokens;
    sum.outputTokens += added.outputTokens;
    sum.costUsd += added.costUsd;
  }
  for (const model of more.unpriced) if (!total.unpriced.includes(model)) total.unpriced.push(model);
  if (more.estimated) total.estimated = true;
}

function modelOf({ byModel }: Usage, model: string): Usage["byModel"][string] {
  const sum = Object.hasOwn(byModel, model) ? byModel[model] : undefined;
  if (sum !== undefined) return sum;
  const value = { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 };
  // Not by assignment: a model may be called "__proto__".
  Object.defineProperty(byModel, model, { value, enumerable: true, configurable: true, writable: true });
  return value;
}
