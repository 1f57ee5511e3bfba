import type { JournalEvent, RlmEvent } from "rlm-core";
import { noUsage, spentEntry, textRefOf, turnsOf, type Run } from "rlm-core/driver";
import { readTrajectoryLog, type TrajectoryRun } from "rlm-core/trajectory";
import type { Origin } from "./graph-state.ts";
import type { LiveTree } from "./live-trees.ts";
import { stateOf, type SessionValues } from "./session-state.ts";

/**
 * Tells of the children that a fork has in common with the run that it comes from, under ids of its own, so that its
 * trajectory is whole. Where nothing recorded that run, there is nothing to tell.
 */
export async function tellOrigin(
  { runId: from, usage, results }: Origin,
  values: SessionValues,
  run: Run,
  live: LiveTree,
): Promise<void> {
  run.emit({ type: "budget", runId: run.id, depth: 0, entry: spentEntry(run.id, usage) });
  const trajectory = await readTrajectoryLog(run.store, from).catch(() => undefined);
  if (trajectory === undefined) return;
  const { journal } = await stateOf(values, live);
  const answered = answeredCalls(journal, results);
  const nameOf = (id: string): string => `${run.id}${id.slice(from.length)}`;
  for (const [id, child] of trajectory.runs) {
    const [call] = id.slice(from.length + 1).split("/");
    const opened = trajectory.runs.get(`${from}/${call}`);
    if (id === from || opened === undefined || !isOpenedBy(opened, answered.get(call ?? ""))) continue;
    for (const event of eventsOf(child, nameOf)) run.emit(event);
  }
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

/** A recorded session as events, under the ids that `nameOf` gives. */
function* eventsOf(
  { start, journal, texts, queries, warnings, end }: TrajectoryRun,
  nameOf: (id: string) => string,
): Generator<RlmEvent> {
  const { depth, parent, query, responseFormat, seed, startedAt, versions, repl } = start;
  const runId = nameOf(start.runId);
  const place = { runId, depth };
  const contexts = start.contexts.map(({ hash, ...context }) => ({ ...context, ref: hash, prefix: "" }));
  const task = { query, contexts, ...(responseFormat && { responseFormat }) };
  const state = { task, journal: [], pending: [], usage: noUsage, seed, startedAt, depth, versions };
  const above = parent && { ...parent, runId: nameOf(parent.runId) };
  yield { type: "run-start", ...place, state, repl, ...(above && { parent: above }) };
  let turn = 0;
  for (const [index, event] of journal.entries()) {
    if (event.type === "reply") turn++;
    const ref = textRefOf(event);
    const text = ref === undefined ? undefined : texts.get(ref);
    yield { type: "journal", ...place, turn, index, event, ...(text !== undefined && { text }) };
  }
  for (const { turn: at, id, kind, ok, usage, model } of queries)
    yield { type: "query-end", ...place, turn: at, id, kind, ok, ...(usage && { usage }), ...(model && { model }) };
  for (const message of warnings) yield { type: "warning", ...place, message };
  if (end === undefined) return;
  const { status, limit, error, text, usage } = end;
  const more = { ...(limit && { limit }), ...(error !== undefined && { error }), ...(text !== undefined && { text }) };
  yield { type: "run-end", ...place, status, usage, ...more };
}
