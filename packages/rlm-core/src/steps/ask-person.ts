import { checkDecision } from "../check-decision.ts";
import { abortable } from "../queries/abortable.ts";
import type { BudgetReview, Decision, ReviewRequest } from "../review.ts";
import type { Run } from "../run.ts";
import { raiseLimit } from "./raise-limit.ts";

/** Asks a person through the run's `approve`; the time of that does not count. Throws what `approve` throws, and {@link InputError} for what is no decision. */
export async function askPerson(request: ReviewRequest, run: Run, signal: AbortSignal): Promise<Decision> {
  return request.kind === "budget" ? await askInTurn(request, run, signal) : await ask(request, run, signal);
}

/** What is known without asking: another session of the tree has asked about the limit since. */
export function knownDecision({ limit, max }: BudgetReview, { budget }: Run): Decision | undefined {
  if (limit === "turns" || limit === "errors") return undefined;
  const now = budget.standing(limit);
  if (now.stays) return { type: "reject" };
  return now.max > max ? { type: "approve", max: now.max } : undefined;
}

/** Sessions that a limit of the tree refused together ask about it one after the other, and one answer may do for all. */
async function askInTurn(request: BudgetReview, run: Run, signal: AbortSignal): Promise<Decision> {
  const before = run.asking.get(request.limit);
  const asked = (async () => {
    await before?.catch(() => {});
    const decision = knownDecision(request, run) ?? (await ask(request, run, signal));
    await raiseLimit(request, decision, run);
    return decision;
  })();
  run.asking.set(request.limit, asked);
  return await asked;
}

async function ask(request: ReviewRequest, { approve, budget }: Run, signal: AbortSignal): Promise<Decision> {
  if (approve === undefined) throw new TypeError("Cannot ask a person: the run has no approve function");
  budget.pause();
  try {
    return checkDecision(await abortable(async () => await approve(request), signal), request);
  } finally {
    budget.resume();
  }
}
