import type { ReplayedRun } from "rlm-core/replay";
import type { Trajectory, TrajectoryRun } from "rlm-core/trajectory";
import { plainLine } from "../plain-text.ts";

/**
 * Where a session's end tells another answer than its code gave: the replay has shown what the code gave, and the end is
 * what people read.
 */
export function answerDifference({ runs }: Trajectory, replayed: readonly ReplayedRun[]): string | undefined {
  for (const { runId } of replayed) {
    const run = runs.get(runId);
    const given = run && codeAnswer(run);
    const told = run?.end?.status === "final" ? run.end.text : undefined;
    if (given === undefined || told === undefined || given === told) continue;
    return `in session ${runId}: the answer of its code is ${quoted(given)}, its end tells ${quoted(told)}`;
  }
  return undefined;
}

function codeAnswer({ journal, texts }: TrajectoryRun): string | undefined {
  const last = journal.findLast((event) => event.type === "end");
  return last?.answer && texts.get(last.answer.ref);
}

function quoted(text: string): string {
  return JSON.stringify(plainLine(text, 60));
}
