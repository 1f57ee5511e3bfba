import type { Run } from "../run.ts";
import type { Outcome } from "../state.ts";

/** How an answer begins, for messages that quote it: they are derived from the journal, without the store. */
export async function answerBeginning({ answerRef }: Outcome, { store }: Pick<Run, "store">): Promise<string> {
  return (await store.get(answerRef)).slice(0, shownChars).toWellFormed();
}

const shownChars = 500;
