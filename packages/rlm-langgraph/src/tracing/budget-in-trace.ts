import { ensureConfig } from "@langchain/core/runnables";
import type { Run } from "rlm-core/driver";
import { countInTrace } from "./trace-runs.ts";

/** A budget that tells the trace, too, what a call used: the run in which it was made, and those around it. */
export function budgetInTrace(budget: Run["budget"]): Run["budget"] {
  return {
    ...budget,
    async settle(reservation, used) {
      const settled = await budget.settle(reservation, used);
      const { usage, costUsd } = settled;
      countInTrace(ensureConfig().callbacks, { calls: 1, ...usage, costUsd });
      return settled;
    },
  };
}
