import { readAnswer } from "../citations/citation.ts";
import { misquoted } from "../citations/passages.ts";
import { sourcesIn } from "../citations/sources.ts";
import { SandboxError } from "../errors.ts";
import type { Run } from "../run.ts";
import { sessionContexts } from "../session-contexts.ts";
import type { RlmState } from "../state.ts";

/** Holds the citations of an answer against the contexts once more, outside of the sandbox. Throws {@link SandboxError} where one is not true: code in there cannot have found it. */
export async function checkCited(text: string, state: RlmState, run: Run): Promise<void> {
  const { citations = [] } = readAnswer(text, state.task);
  const sources = sourcesIn(sessionContexts(state), state.earlier?.length ?? 0);
  const wrong = await misquoted(citations, sources, run.store);
  if (wrong === undefined) return;
  throw new SandboxError(
    `Cannot believe the sandbox: it gave a citation that is not in its context "${wrong.source}": ${JSON.stringify(wrong.quote.slice(0, 60))}`,
  );
}
