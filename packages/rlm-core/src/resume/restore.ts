import { entryName, type BudgetEntry } from "../budget-log.ts";
import { RlmError } from "../errors.ts";
import type { RlmEvent } from "../events.ts";
import { sessionLogKey } from "../loop.ts";
import type { TrajectoryRun } from "../read-trajectory.ts";
import { openBlockLog } from "../steps/block-log.ts";
import type { RunStore } from "../store.ts";
import { budgetKey, depthOf, type Tree } from "../tree.ts";

/** Keeps the texts of a session again: the journal refers to them. */
export async function restoreTexts({ start, texts }: TrajectoryRun, store: RunStore): Promise<void> {
  for (const [ref, text] of texts) {
    if ((await store.put(text)) === ref) continue;
    const begin = JSON.stringify(text.slice(0, 60));
    throw new RlmError("store", `Cannot resume run ${start.runId}: the text of ${ref} was changed, it begins ${begin}`);
  }
}

/**
 * Makes the log of the budget whole in the store, and gives what the trajectory does not have of it. The store's is the
 * longer one if it is the run's own: an entry is kept there before it is told.
 */
export async function restoreBudgetLog(
  rootId: string,
  runs: readonly TrajectoryRun[],
  store: RunStore,
): Promise<RlmEvent[]> {
  const key = budgetKey(rootId);
  const told = new Map(runs.flatMap(({ budget }) => budget).map((entry) => [entryName(entry), entry]));
  const kept = (await store.read(key)) as BudgetEntry[];
  const names = new Set(kept.map(entryName));
  for (const [name, entry] of told) if (!names.has(name)) await store.append(key, entry);
  // What a run spent that the file does not have begin counts, and has no place in the file.
  const untold = kept.filter(
    (entry) => !told.has(entryName(entry)) && runs.some(({ start }) => start.runId === entry.runId),
  );
  return untold.map((entry) => ({ type: "budget", runId: entry.runId, depth: depthOf(entry.runId), entry }));
}

/** Takes over what the run's own store has of a session's journal beyond the trajectory, and tells it: an event is kept there before it is told. */
export async function takeWrittenAhead(
  run: TrajectoryRun,
  { store, emit }: Pick<Tree, "store" | "emit">,
): Promise<void> {
  const { runId, depth } = run.start;
  const logKey = sessionLogKey(runId);
  const { journal } = await openBlockLog({ journal: run.journal, depth }, { store, emit, id: runId, logKey });
  run.journal.push(...journal.slice(run.journal.length));
  // An answer without code is not of the journal, and its step looks for it here.
  if (run.journal.length === 0) return;
  // What is left of it would be taken for a part of what comes now.
  await store.delete(logKey);
}
