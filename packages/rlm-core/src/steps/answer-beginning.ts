import { readAnswer } from "../citations/citation.ts";
import type { Run } from "../run.ts";
import type { Outcome, Task } from "../state.ts";

/** How an answer begins, for messages that quote it: they are derived from the journal, without the store. */
export async function answerBeginning(
  { answerRef, status }: Outcome,
  { cite }: Pick<Task, "cite">,
  { store }: Pick<Run, "store">,
): Promise<string> {
  const text = await store.get(answerRef);
  return (cite === true && status !== "tool_calls" ? answerAlone(text) : text).slice(0, shownChars).toWellFormed();
}

const shownChars = 500;

/** Of an answer with citations, what one without them would have as its text. */
function answerAlone(text: string): string {
  const { answer } = readAnswer(text, { cite: true });
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}
