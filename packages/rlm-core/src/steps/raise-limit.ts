import type { BudgetReview, Decision } from "../review.ts";
import type { Run } from "../run.ts";

/** Goes by what a person said on a limit of the tree, and gives what a limit was raised to; those of a session are in its journal alone. */
export async function raiseLimit(
  { limit, suggested }: BudgetReview,
  decision: Decision,
  { id, budget }: Run,
): Promise<number | undefined> {
  const max = decision.type === "approve" ? (decision.max ?? suggested) : undefined;
  if (limit === "turns" || limit === "errors") return max;
  const now = budget.standing(limit);
  // Told twice, as after a crash, it is kept once.
  const isNew = max === undefined ? !now.stays : max > now.max || now.stays;
  if (isNew) await budget.raise(limit, max ?? null, id);
  return max;
}
