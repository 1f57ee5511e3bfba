import type { JournalEvent } from "rlm-core";
import { turnsOf } from "rlm-core/driver";
import type { Trajectory, TrajectoryRun } from "rlm-core/trajectory";
import type { Origin } from "./graph-state.ts";

/** The sessions below a run's root that a fork has in common with it: of children that had ended where it begins. */
export function commonChildren(
  { runs }: Trajectory,
  { runId: from, results }: Pick<Origin, "runId" | "results">,
  journal: readonly JournalEvent[],
): TrajectoryRun[] {
  const answered = answeredCalls(journal, results);
  return [...runs].flatMap(([id, child]) => {
    const [call] = id.slice(from.length + 1).split("/");
    const opened = runs.get(`${from}/${call}`);
    const isCommon = id !== from && opened !== undefined && isOpenedBy(opened, answered.get(call ?? ""));
    return isCommon ? [child] : [];
  });
}

/** What a run's root tells of the calls that a fork has in common with it. */
export function commonQueries(
  { runs }: Trajectory,
  { runId: from, results }: Pick<Origin, "runId" | "results">,
  journal: readonly JournalEvent[],
): TrajectoryRun["queries"] {
  const root = runs.get(from);
  const answered = answeredCalls(journal, results);
  const turns = turnsOf(root?.journal ?? []);
  const told = (root?.queries ?? []).filter(({ turn, id }) => {
    const call = turns[turn - 1]?.calls.find((one) => one.id === id);
    return call !== undefined && call.hash === answered.get(`${turn}.${id}`);
  });
  // Where the run went another way, those of the first way stand before those of the call that is there now.
  return [...new Map(told.map((query) => [`${query.turn}.${query.id}`, query])).values()];
}

/** Hashes of the calls that have their results, by turn and id: in the journal, or in the state, where the code has not seen them yet. */
function answeredCalls(journal: readonly JournalEvent[], waiting: Origin["results"]): Map<string, string> {
  const turns = turnsOf(journal);
  return new Map(
    turns.flatMap(({ calls, results }, at) => {
      const unseen = at === turns.length - 1 ? calls.filter(({ id }) => id in waiting) : [];
      return [...results, ...unseen].map(({ id, hash }) => [`${at + 1}.${id}`, hash]);
    }),
  );
}

// On another branch of the thread a call of the same turn and id may have been another one; its seed is of its hash.
function isOpenedBy({ start }: TrajectoryRun, hash: string | undefined): boolean {
  return hash !== undefined && start.seed === Number.parseInt(hash.slice(0, 8), 16);
}
