import type { JournalEvent } from "../journal.ts";
import { countToolCall } from "../queries/call-tool.ts";
import type { Run } from "../run.ts";
import { spareResults } from "./spare-results.ts";

/** Counts the tool calls that a journal tells of, also of blocks that were rolled back: the caps of tools hold across a resume. */
export function countToolCalls(journal: readonly JournalEvent[], run: Pick<Run, "id" | "toolCalls">): void {
  const spare = spareResults();
  let turn = 0;
  for (const event of journal) {
    if (event.type === "reply") turn++;
    const wasPaid = spare.add(event);
    if (event.type === "call" && event.name !== undefined && !wasPaid)
      countToolCall(event.name, { turn, id: event.id }, run);
  }
}
