import type { LimitName } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { RlmState } from "../state.ts";
import { parseReply } from "../parse-reply.ts";
import { sessionContexts } from "../session-contexts.ts";
import { failuresInARow, turnsOf, type Turn } from "../turns.ts";

export type StepName = "direct" | "generate" | "execute" | "submodel" | "conclude";

/** Where a run stands, from its state alone. `submodel`: the driver runs the children in `state.pending`. */
export function nextStep(state: RlmState, limits: Limits): StepName | "end" {
  if (state.outcome !== undefined) return "end";
  if (state.pending.length > 0) return "submodel";
  const turns = turnsOf(state.journal);
  const last = turns.at(-1);
  if (last?.reply.concludes !== undefined) return "conclude";
  if (last !== undefined && last.end === undefined && hasCode(last)) return "execute";
  if (reachedLimit(state, limits) !== undefined) return "conclude";
  if (turns.length === 0 && goesDirect(state, limits)) return "direct";
  return "generate";
}

/** The limit that ends this session, if one does. */
export function reachedLimit(state: RlmState, limits: Limits): LimitName | undefined {
  const turns = turnsOf(state.journal);
  const concluded = turns.at(-1)?.reply.concludes;
  if (concluded !== undefined) return concluded;
  if (state.limit !== undefined) return state.limit;
  if (failuresInARow(turns) >= limits.errors) return "errors";
  return turns.length >= limits.turns ? "turns" : undefined;
}

function hasCode({ block, reply }: Turn): boolean {
  return block !== undefined || parseReply(reply.text).code !== undefined;
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
