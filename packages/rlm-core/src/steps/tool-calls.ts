import type { JournalEvent } from "../journal.ts";
import type { ToolCall } from "../model.ts";
import { answerText } from "../parse-reply.ts";
import type { Outcome } from "../state.ts";
import type { RunStore } from "../store.ts";
import { turnsOf } from "../turns.ts";

/** The outcome of a reply of the root with tool calls: its code, if it has some, is not run. Undefined where it has none. */
export async function toolCallsOutcome(
  { text, toolCalls }: { text: string; toolCalls?: readonly ToolCall[] },
  store: Pick<RunStore, "put">,
): Promise<Outcome | undefined> {
  if (toolCalls === undefined) return undefined;
  return { status: "tool_calls", answerRef: await store.put(answerText(text)), json: false, toolCalls };
}

/** Whether the newest turn of a journal called functions: the run has ended, whatever its state says yet. */
export function endsWithToolCalls(journal: readonly JournalEvent[]): boolean {
  return turnsOf(journal).at(-1)?.reply.toolCalls !== undefined;
}
