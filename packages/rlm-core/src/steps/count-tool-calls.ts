import type { JournalEvent } from "../journal.ts";
import { countToolCall } from "../queries/call-tool.ts";
import type { Run } from "../run.ts";
import { spareResults } from "./spare-results.ts";

/** Counts the tool calls of a journal's newest run, also of blocks that were rolled back: the caps of tools hold across a resume. */
export function countToolCalls(journal: readonly JournalEvent[], run: Pick<Run, "id" | "toolCalls">): void {
  const spare = spareResults();
  const begin = journal.findLastIndex(({ type }) => type === "task");
  let turn = 0;
  for (const [index, event] of journal.entries()) {
    if (event.type === "task") turn = 0;
    if (event.type === "reply") turn++;
    const wasPaid = spare.add(event);
    if (index > begin && event.type === "call" && event.name !== undefined && !wasPaid)
      countToolCall(event.name, { turn, id: event.id }, run);
  }
}
