import { readAnswer } from "../citations/citation.ts";
import { RejectedError, type LimitName } from "../errors.ts";
import type { ReviewEvent } from "../journal.ts";
import { budgetRequest, type Decision, type PendingReview, type ReviewRequest } from "../review.ts";
import type { Run } from "../run.ts";
import { outcomeOf, type RlmState } from "../state.ts";
import { turnsOf } from "../turns.ts";
import { toolsAt } from "../queries/call-tool.ts";
import { askPerson } from "./ask-person.ts";
import { openBlockLog } from "./block-log.ts";
import { spentOf } from "./conclude.ts";
import { reachedLimit } from "./next-step.ts";
import { recordDecision } from "./record-decision.ts";
import { awaitsCodeReview, outcomeOfReview, writtenCode } from "./reviews.ts";

/** Asks the person through `approve`, and goes by what is said. */
export async function review(state: RlmState, run: Run): Promise<RlmState> {
  const requests = await reviewRequests(state, run);
  const { journal } = await openBlockLog(state, run);
  // What an earlier try of this step has the answer to is not asked again.
  const open = requests.slice(journal.length - state.journal.length);
  const decisions = await Promise.all(open.map((request) => askPerson(request, run, run.signal)));
  return await deliverDecisions(state, open, decisions, run);
}

/** What a person is asked where `nextStep` says review; for a driver that asks by itself. The same for the same state. */
export async function reviewRequests(state: RlmState, run: Run): Promise<ReviewRequest[]> {
  const turns = turnsOf(state.journal);
  const last = turns.at(-1);
  const place = { runId: run.id, depth: state.depth, turn: turns.length };
  if (state.outcome !== undefined && state.outcome.status !== "tool_calls") {
    const { answerRef, status } = state.outcome;
    const { responseFormat } = state.task;
    const given = readAnswer(await run.store.get(answerRef), state.task);
    return [{ kind: "answer", ...place, status, ...given, ...(responseFormat && { responseFormat }) }];
  }
  if (state.reviews !== undefined && state.reviews.length > 0)
    return await Promise.all(state.reviews.map((pending) => requestOf(pending, place, run)));
  const code = last && awaitsCodeReview(last, run.review) ? writtenCode(last) : undefined;
  if (code !== undefined) return [{ kind: "code", ...place, code }];
  const limit = reachedLimit(state, run.limits);
  return limit === undefined
    ? []
    : [budgetRequest({ kind: "budget", calls: 0, ...refusedAt(limit, state, run) }, place)];
}

/** The state with what a person said. Throws {@link RejectedError} where an answer is rejected that has no further turn. */
export async function deliverDecisions(
  state: RlmState,
  requests: readonly ReviewRequest[],
  decisions: readonly Decision[],
  run: Run,
): Promise<RlmState> {
  const log = await openBlockLog(state, run);
  const written = log.journal.length - state.journal.length;
  for (const [index, request] of requests.entries()) {
    const decision = decisions[index];
    if (decision === undefined) throw new TypeError(`Cannot go on: nothing was said on question ${index + 1}`);
    if (index >= written) await recordDecision(request, decision, log, run, state);
  }
  const said = log.journal.slice(state.journal.length).filter((event) => event.type === "review");
  const { reviews: _, limit, outcome, ...rest } = state;
  const raised = said.some((event) => event.limit === limit && event.decision === "approve");
  const accepted = outcome && (await acceptedOutcome(state, said.at(-1), run));
  return {
    ...rest,
    journal: log.journal,
    usage: run.meter.usage(),
    ...(limit !== undefined && !raised && { limit }),
    ...(accepted && { outcome: accepted }),
  };
}

/** The outcome after what was said on its answer; undefined: the model goes on. */
async function acceptedOutcome(
  state: RlmState,
  said: ReviewEvent | undefined,
  { store }: Run,
): Promise<RlmState["outcome"]> {
  const outcome = outcomeOf(state);
  if (said?.decision !== "reject") return said && outcomeOfReview(said);
  if (outcome.status === "final") return undefined;
  const { answer } = readAnswer(await store.get(outcome.answerRef), state.task);
  throw new RejectedError(answer, said.message);
}

type Place = Pick<ReviewRequest, "runId" | "depth" | "turn">;

async function requestOf(pending: PendingReview, place: Place, run: Run): Promise<ReviewRequest> {
  if (pending.kind === "budget") return budgetRequest(pending, place);
  const { id, tool, argsRef } = pending;
  const args = JSON.parse(await run.store.get(argsRef)) as Record<string, unknown>;
  const { parameters = {} } = toolsAt(place.depth, run.tools).find(({ name }) => name === tool) ?? {};
  return { kind: "tool", ...place, id, tool, args, parameters };
}

/** The last refusal says more than the limit's name in the state; where there is none in this process, how the limit stands. */
function refusedAt(
  limit: LimitName,
  state: RlmState,
  run: Run,
): { limit: LimitName; max: number; spent: number; needed?: number } {
  const { refused } = run;
  if (refused?.limit !== limit) return spentOf(limit, state, run);
  const { max, spent, needed } = refused;
  return { limit, max, spent, ...(needed !== undefined && { needed }) };
}
