import type { BudgetError } from "../errors.ts";
import type { ReviewEvent } from "../journal.ts";
import { opensChild, type Settled } from "../queries/answer-call.ts";
import { argsToApprove } from "../queries/call-tool.ts";
import { budgetRequest, type PendingReview } from "../review.ts";
import type { Run } from "../run.ts";
import type { SubCall } from "../sandbox.ts";
import type { RlmState } from "../state.ts";
import { turnsOf } from "../turns.ts";
import { askPerson } from "./ask-person.ts";
import type { BlockLog } from "./block-log.ts";
import { recordDecision } from "./record-decision.ts";

/** A sub-call that a limit refused, of which a person is asked. */
export interface HeldCall {
  call: SubCall;
  refused: BudgetError;
}

/** The refusal of a call that waits for a person; undefined where it stands. A tool that was stopped half way is not called again, a child has asked itself. */
export function refusalToAsk(
  call: SubCall,
  { refused }: Settled,
  { depth }: RlmState,
  { review, budget, limits }: Run,
): BudgetError | undefined {
  if (refused === undefined || !review.includes("budget")) return undefined;
  if (call.kind === "tool" || opensChild(call, depth, limits.depth)) return undefined;
  const { limit } = refused;
  return limit === "turns" || limit === "errors" || budget.standing(limit).stays ? undefined : refused;
}

/** One question for each limit, for all the calls that it refused. */
export function pendingReviews(held: readonly HeldCall[]): Extract<PendingReview, { kind: "budget" }>[] {
  const byLimit = Map.groupBy(held, ({ refused }) => refused.limit);
  return [...byLimit].map(([limit, calls]) => {
    const most = calls.map(({ refused }) => refused).reduce((a, b) => ((b.needed ?? 0) > (a.needed ?? 0) ? b : a));
    const { max, spent, needed } = most;
    return { kind: "budget", limit, max, spent, ...(needed !== undefined && { needed }), calls: calls.length };
  });
}

/** Asks for more of each limit that refused calls of the open block. */
export async function askForMore(
  held: readonly HeldCall[],
  { depth }: RlmState,
  log: BlockLog,
  run: Run,
): Promise<void> {
  const place = { runId: run.id, depth, turn: turnsOf(log.journal).length };
  for (const pending of pendingReviews(held)) {
    const request = budgetRequest(pending, place);
    await recordDecision(request, await askPerson(request, run, run.signal), log, run);
  }
}

/** Asks about the call of a tool with `approve`, where the run can ask; undefined for all other calls. */
export async function askOnCall(
  call: SubCall,
  { state, turn, signal }: { state: RlmState; turn: number; signal: AbortSignal },
  log: BlockLog,
  run: Run,
): Promise<ReviewEvent | undefined> {
  const asked = run.approve && argsToApprove(call, { depth: state.depth, turn }, run);
  if (asked === undefined) return undefined;
  const request = { kind: "tool", runId: run.id, depth: state.depth, turn, id: call.id, ...asked } as const;
  return await recordDecision(request, await askPerson(request, run, signal), log, run);
}
