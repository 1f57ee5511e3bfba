import type { ReviewEvent } from "../journal.ts";
import type { Decision, ReviewRequest } from "../review.ts";
import type { Run } from "../run.ts";
import type { Outcome } from "../state.ts";
import { answerBeginning } from "./answer-beginning.ts";
import type { BlockLog } from "./block-log.ts";
import { raiseLimit } from "./raise-limit.ts";

/** Keeps what a person said, `outcome` being the one that an answer is of: in the session's journal, and a limit of the tree in its budget, before anything acts on it. */
export async function recordDecision(
  request: ReviewRequest,
  decision: Decision,
  log: BlockLog,
  run: Run,
  outcome?: Outcome,
): Promise<ReviewEvent> {
  const answer = outcome && (await acceptedAnswer(decision, request, outcome, run));
  const began = outcome && decision.type === "reject" ? await answerBeginning(outcome, run) : undefined;
  const max = request.kind === "budget" ? await raiseLimit(request, decision, run) : undefined;
  const event: ReviewEvent = {
    type: "review",
    kind: request.kind,
    decision: decision.type,
    ...(request.kind === "tool" && { id: request.id, tool: request.tool }),
    ...(request.kind === "budget" && { limit: request.limit }),
    ...(max !== undefined && { max }),
    ...("code" in decision && { code: decision.code }),
    ...("args" in decision && { args: decision.args }),
    ...(outcome &&
      outcome.status !== "tool_calls" && { status: outcome.status, ...(outcome.limit && { limit: outcome.limit }) }),
    ...(answer && { answer: answer.kept }),
    ...(began !== undefined && { began }),
    ...("message" in decision && { message: decision.message }),
  };
  await log.add(event, answer?.text);
  return event;
}

async function acceptedAnswer(
  decision: Decision,
  request: ReviewRequest,
  { answerRef, json }: Outcome,
  { store }: Run,
): Promise<{ text: string; kept: { ref: string; json: boolean } } | undefined> {
  if (decision.type === "reject") return undefined;
  if (!("answer" in decision)) return { text: await store.get(answerRef), kept: { ref: answerRef, json } };
  const asJson = request.kind === "answer" && request.responseFormat !== undefined;
  const text = asJson ? JSON.stringify(decision.answer) : String(decision.answer);
  return { text, kept: { ref: await store.put(text), json: asJson } };
}
