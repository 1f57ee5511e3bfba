import type { LimitName } from "../errors.ts";
import type { JournalEvent, ReviewEvent } from "../journal.ts";
import type { Limits } from "../limits.ts";
import { answerText, parseReply } from "../parse-reply.ts";
import type { Run } from "../run.ts";
import type { Outcome, RlmState } from "../state.ts";
import { newestRun, reviewOfCode, turnsOf, type Turn } from "../turns.ts";

/** The code of a turn that is to be run: a person's, where one changed it; undefined where there is none, or it was rejected. */
export function codeOf(turn: Turn): string | undefined {
  const review = reviewOfCode(turn);
  if (review?.decision === "reject") return undefined;
  return review?.code ?? writtenCode(turn);
}

/** The code that the model wrote; in a last reply only what it calls a block, or what calls FINAL: other code may be the answer itself. */
export function writtenCode({ reply }: Turn): string | undefined {
  // The calls are the reply: nothing is run beside them.
  if (reply.toolCalls !== undefined) return undefined;
  const { code } = parseReply(reply.text);
  if (code === undefined || reply.concludes === undefined) return code;
  return isBlock(reply.text) || code.includes("FINAL(") ? code : undefined;
}

/** Whether a last reply is meant as a block of code. */
export function isBlock(reply: string): boolean {
  return /^\s*```repl\b/.test(answerText(reply));
}

/** A session's limits with what a person raised: turns and errors are those of the session. */
export function raisedLimits(limits: Limits, journal: readonly JournalEvent[]): Limits {
  const raised = { ...limits };
  for (const { limit, max } of reviewsOf(journal))
    if ((limit === "turns" || limit === "errors") && max !== undefined) raised[limit] = Math.max(raised[limit], max);
  return raised;
}

/** Whether a person has said in this session that a limit stays. */
export function staysAt(limit: LimitName, journal: readonly JournalEvent[]): boolean {
  const last = reviewsOf(journal).findLast((review) => review.limit === limit);
  return last?.decision === "reject";
}

/** What a person said on a call of the turn that is open. */
export function reviewOfCall(id: number, journal: readonly JournalEvent[]): ReviewEvent | undefined {
  return turnsOf(journal)
    .at(-1)
    ?.reviews.find((review) => review.kind === "tool" && review.id === id);
}

/** Whether the code of the newest turn waits for a person. */
export function awaitsCodeReview(turn: Turn, review: Run["review"]): boolean {
  return (
    review.includes("code") &&
    turn.block === undefined &&
    reviewOfCode(turn) === undefined &&
    writtenCode(turn) !== undefined
  );
}

/** What a person accepted as the answer; undefined where it was rejected. */
export function outcomeOfReview({ status, limit, answer }: ReviewEvent): Outcome | undefined {
  if (status === undefined || answer === undefined) return undefined;
  return { status, ...(limit && { limit }), answerRef: answer.ref, json: answer.json };
}

/** Whether the answer of a root waits for a person: one that was accepted is the last that its journal tells of. */
export function awaitsAnswerReview({ outcome, depth, journal }: RlmState, review: Run["review"]): boolean {
  if (outcome === undefined || outcome.status === "tool_calls") return false;
  if (depth > 0 || !review.includes("answer")) return false;
  const last = journal.at(-1);
  return last?.type !== "review" || last.answer?.ref !== outcome.answerRef;
}

function reviewsOf(journal: readonly JournalEvent[]): ReviewEvent[] {
  return newestRun(journal).filter((event) => event.type === "review");
}
