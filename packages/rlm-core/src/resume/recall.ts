import { contextDifference } from "../context-difference.ts";
import { ReplayError } from "../errors.ts";
import type { JournalEvent } from "../journal.ts";
import type { Limits } from "../limits.ts";
import type { Ended, LoopTree, Recalled } from "../loop.ts";
import type { Trajectory, TrajectoryRun } from "../read-trajectory.ts";
import type { Outcome } from "../state.ts";
import { outcomeOfReview } from "../steps/reviews.ts";
import { answerOf, newestRun, refusedIn, turnsOf } from "../turns.ts";

/** What a trajectory knows of the sessions of its run. A child has the id of the call that opens it, so it is found again. */
export function createRecall({ runs }: Trajectory, limits: Limits): NonNullable<LoopTree["recall"]> {
  const root = [...runs.values()].find(({ start }) => start.parent === undefined);
  return ({ runId, query, contexts }): Recalled | undefined => {
    const run = runs.get(runId);
    if (run === undefined) return undefined;
    const { start, journal } = run;
    const difference =
      start.query === query
        ? contextDifference(start.contexts, contexts)
        : `it was asked ${shown(start.query)}, now it is asked ${shown(query)}`;
    if (difference !== undefined) throw new ReplayError(`Cannot resume run ${runId}: ${difference}`);
    const ended = endedOf(run);
    if (ended !== undefined) return { ended };
    const outcome = outcomeIn(journal);
    const { startedAt, versions } = start;
    const refused = refusedIn(newestRun(journal));
    const before = refused && root?.start.limits?.[refused];
    // A raised limit refuses no more.
    const limit = refused && typeof before === "number" && limits[refused] > before ? undefined : refused;
    return { state: { journal, startedAt, versions, ...(outcome && { outcome }), ...(limit && { limit }) } };
  };
}

/** What a session came to, if it has ended with an answer. */
export function endedOf({ start, journal, end }: TrajectoryRun): Ended | undefined {
  if (end?.text === undefined || end.status === "failed" || end.status === "aborted") return undefined;
  const { status, limit, text, toolCalls, usage } = end;
  const json =
    toolCalls === undefined && (answerOf(journal)?.json ?? (start.responseFormat !== undefined || start.cite === true));
  return { answer: { text, json }, status, ...(limit && { limit }), ...(toolCalls && { toolCalls }), usage };
}

/** The outcome that a journal tells of. A reply that concludes is gone on with by its step, which knows what it comes to. */
function outcomeIn(journal: readonly JournalEvent[]): Outcome | undefined {
  const said = newestRun(journal).findLast(
    (event) => event.type === "reply" || (event.type === "review" && event.kind === "answer"),
  );
  // What a person said on the answer of the newest turn counts.
  if (said?.type === "review") return outcomeOfReview(said);
  const answer = turnsOf(journal).at(-1)?.end?.answer;
  if (answer === undefined || turnsOf(journal).at(-1)?.reply.concludes !== undefined) return undefined;
  return { status: "final", answerRef: answer.ref, json: answer.json };
}

function shown(query: string): string {
  return JSON.stringify(query.slice(0, 100));
}
