import type { ReviewEvent } from "../journal.ts";
import type { Decision, ReviewRequest } from "../review.ts";
import { citedText, readAnswer } from "../citations/citation.ts";
import type { Run } from "../run.ts";
import type { Outcome, RlmState, Task } from "../state.ts";
import { answerBeginning } from "./answer-beginning.ts";
import type { BlockLog } from "./block-log.ts";
import { raiseLimit } from "./raise-limit.ts";

/** Keeps what a person said, `answered` being the run that an answer is of: in the session's journal, and a limit of the tree in its budget, before anything acts on it. */
export async function recordDecision(
  request: ReviewRequest,
  decision: Decision,
  log: BlockLog,
  run: Run,
  answered?: Pick<RlmState, "outcome" | "task">,
): Promise<ReviewEvent> {
  const outcome = answered?.outcome;
  const task = answered?.task;
  const answer = outcome && task && (await acceptedAnswer(decision, request, { outcome, task }, run));
  const began = outcome && task && decision.type === "reject" ? await answerBeginning(outcome, task, run) : undefined;
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
  { outcome: { answerRef, json }, task }: { outcome: Outcome; task: Task },
  { store }: Run,
): Promise<{ text: string; kept: { ref: string; json: boolean } } | undefined> {
  if (decision.type === "reject") return undefined;
  if (!("answer" in decision)) return { text: await store.get(answerRef), kept: { ref: answerRef, json } };
  if (task.cite === true) {
    // What a person writes has their word; the evidence stays that of the model.
    const given = readAnswer(await store.get(answerRef), task);
    const text = citedText({ citations: [], ...given, answer: decision.answer });
    return { text, kept: { ref: await store.put(text), json: true } };
  }
  const asJson = request.kind === "answer" && request.responseFormat !== undefined;
  const text = asJson ? JSON.stringify(decision.answer) : String(decision.answer);
  return { text, kept: { ref: await store.put(text), json: asJson } };
}
