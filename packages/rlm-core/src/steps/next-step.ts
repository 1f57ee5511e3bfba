import type { LimitName } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { RlmState } from "../state.ts";
import type { ReviewPoint } from "../review.ts";
import { sessionContexts } from "../session-contexts.ts";
import { failuresInARow, turnsOf } from "../turns.ts";
import { endsWithToolCalls } from "./tool-calls.ts";
import { awaitsAnswerReview, awaitsCodeReview, codeOf, raisedLimits, staysAt } from "./reviews.ts";

export type StepName = "direct" | "generate" | "execute" | "submodel" | "review" | "conclude";

/** Where a run stands, from its state alone. `submodel`: the driver runs the children in `state.pending`; `review`: a person is asked. */
export function nextStep(state: RlmState, limits: Limits, review: readonly ReviewPoint[] = []): StepName | "end" {
  if (state.outcome !== undefined) return awaitsAnswerReview(state, review) ? "review" : "end";
  if (state.reviews !== undefined && state.reviews.length > 0) return "review";
  if (state.pending.length > 0) return "submodel";
  const turns = turnsOf(state.journal);
  const last = turns.at(-1);
  if (last !== undefined && awaitsCodeReview(last, review)) return "review";
  if (last?.reply.concludes !== undefined) return "conclude";
  if (endsWithToolCalls(state.journal)) return "generate";
  if (last !== undefined && last.end === undefined && (last.block ?? codeOf(last)) !== undefined) return "execute";
  const limit = reachedLimit(state, limits);
  if (limit !== undefined) return review.includes("budget") && !staysAt(limit, state.journal) ? "review" : "conclude";
  if (turns.length === 0 && goesDirect(state, limits)) return "direct";
  return "generate";
}

/** The limit that ends this session, if one does. */
export function reachedLimit(state: RlmState, limits: Limits): LimitName | undefined {
  const turns = turnsOf(state.journal);
  const concluded = turns.at(-1)?.reply.concludes;
  if (concluded !== undefined) return concluded;
  if (state.limit !== undefined) return state.limit;
  const own = raisedLimits(limits, state.journal);
  if (failuresInARow(turns) >= own.errors) return "errors";
  return turns.length >= own.turns ? "turns" : undefined;
}

/**
 * Whether a root context is so short that the model does better on it in one plain call (paper, Observation 3).
 * Four characters a token, the common rule of thumb: the border is soft anyway. Where there may be variables, a plain call
 * would not see them.
 */
export function goesDirect(state: RlmState, { directBelow }: Limits): boolean {
  if (state.depth > 0 || state.journal.some(({ type }) => type === "block")) return false;
  return sessionContexts(state).reduce((sum, { length }) => sum + length, 0) < directBelow * 4;
}
