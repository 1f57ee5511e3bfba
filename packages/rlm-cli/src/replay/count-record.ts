import type { JournalEvent } from "rlm-core";

/** How much of a record a replay compares. */
export interface Compared {
  runs: number;
  turns: number;
  blocks: number;
  calls: number;
  outputs: number;
  answers: number;
}

/** Counts the sessions' journals; blocks that were rolled back never happened, so there is nothing to compare. */
export function countRecord(journals: readonly (readonly JournalEvent[])[]): Compared {
  const all: Compared = { runs: journals.length, turns: 0, blocks: 0, calls: 0, outputs: 0, answers: 0 };
  for (const journal of journals) {
    let open = { blocks: 0, calls: 0 };
    const keep = (): void => {
      all.blocks += open.blocks;
      all.calls += open.calls;
      open = { blocks: 0, calls: 0 };
    };
    for (const event of journal) {
      if (event.type === "reply") all.turns++;
      else if (event.type === "block") open = { blocks: 1, calls: 0 };
      else if (event.type === "call") open.calls++;
      else if (event.type === "end" && event.rolledBack === true) open = { blocks: 0, calls: 0 };
      else if (event.type === "end") {
        keep();
        all.outputs++;
        if (event.answer !== undefined) all.answers++;
      }
    }
    keep();
  }
  return all;
}
