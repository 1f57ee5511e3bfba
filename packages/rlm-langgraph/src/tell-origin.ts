import type { RlmEvent } from "rlm-core";
import { noUsage, spentEntry, textRefOf, type Run } from "rlm-core/driver";
import { readTrajectoryLog, type TrajectoryRun } from "rlm-core/trajectory";
import { commonChildren, commonQueries } from "./common-children.ts";
import type { Origin } from "./graph-state.ts";
import type { LiveTree } from "./live-trees.ts";
import { stateOf, type SessionValues } from "./session-state.ts";

/**
 * Tells of the calls and the children that a fork has in common with the run that it comes from, under ids of its own, so
 * that its trajectory is whole. Where nothing recorded that run, there is nothing to tell.
 */
export async function tellOrigin(origin: Origin, values: SessionValues, run: Run, live: LiveTree): Promise<void> {
  const { runId: from, usage } = origin;
  run.emit({ type: "budget", runId: run.id, depth: 0, entry: spentEntry(run.id, usage) });
  const trajectory = await readTrajectoryLog(run.store, from).catch(() => undefined);
  if (trajectory === undefined) return;
  const { journal } = await stateOf(values, live);
  const nameOf = (id: string): string => `${run.id}${id.slice(from.length)}`;
  for (const child of commonChildren(trajectory, origin, journal)) {
    for (const event of eventsOf(child, nameOf)) run.emit(event);
  }
  // Behind the children: who counts what calls used leaves out that of a child that was told.
  for (const query of commonQueries(trajectory, origin, journal))
    run.emit(queryEnd(query, { runId: run.id, depth: 0 }));
}

/** A recorded session as events, under the ids that `nameOf` gives. */
function* eventsOf(
  { start, journal, texts, queries, warnings, end }: TrajectoryRun,
  nameOf: (id: string) => string,
): Generator<RlmEvent> {
  const { depth, parent, query, responseFormat, cite, seed, startedAt, versions, repl } = start;
  const runId = nameOf(start.runId);
  const place = { runId, depth };
  const contexts = start.contexts.map(({ hash, ...context }) => ({ ...context, ref: hash, prefix: "" }));
  const task = { query, contexts, ...(responseFormat && { responseFormat }), ...(cite && { cite }) };
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
  for (const query of queries) yield queryEnd(query, place);
  for (const message of warnings) yield { type: "warning", ...place, message };
  if (end === undefined) return;
  const { status, limit, error, text, toolCalls, digest, usage } = end;
  const more = {
    ...(limit && { limit }),
    ...(error !== undefined && { error }),
    ...(text !== undefined && { text }),
    ...(toolCalls && { toolCalls }),
    // There are no ids in it.
    ...(digest !== undefined && { digest }),
  };
  yield { type: "run-end", ...place, status, usage, ...more };
}

function queryEnd(
  { turn, id, kind, ok, usage, model, cached }: TrajectoryRun["queries"][number],
  place: { runId: string; depth: number },
): RlmEvent {
  const more = { ...(usage && { usage }), ...(model && { model }), ...(cached && { cached }) };
  return { type: "query-end", ...place, turn, id, kind, ok, ...more };
}
