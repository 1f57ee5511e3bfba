import type { JournalEvent, RlmState } from "rlm-core";
import { runStart, textRefOf, type Run } from "rlm-core/driver";
import type { GraphSession } from "./graph-state.ts";
import { stateOf, type SessionValues } from "./session-state.ts";
import type { LiveTree } from "./live-trees.ts";

/**
 * Tells listeners that a session begins, and what its journal holds already: once in each life of its tree, so that
 * a run that goes on in another process is told whole. Readers place events by their index, so none counts twice.
 */
export async function tellSession(values: SessionValues, run: Run, live: LiveTree): Promise<void> {
  const { id } = values.session;
  let told = live.told.get(id);
  if (told === undefined) {
    told = tell(values, run, live);
    live.told.set(id, told);
    told.catch(() => live.told.delete(id));
  }
  await told;
}

async function tell(values: SessionValues, run: Run, live: LiveTree): Promise<void> {
  const state = await stateOf(values, live);
  tellStart(state, run, values.session.parent);
  await tellJournal(state, run);
}

/** Tells that a session begins; of its journal only what says which run brought which contexts. */
export function tellStart(state: RlmState, run: Run, parent: GraphSession["parent"]): void {
  run.emit(runStart({ ...state, journal: state.journal.filter(isTask) }, run, parent));
}

/** Tells a journal from its beginning; what belongs to earlier runs in the same REPL is of turn 0. */
export async function tellJournal({ depth, journal }: RlmState, run: Run): Promise<void> {
  const begin = journal.findLastIndex(isTask);
  let turn = 0;
  for (const [index, event] of journal.entries()) {
    if (event.type === "reply" && index > begin) turn++;
    const ref = textRefOf(event);
    const text = ref === undefined ? undefined : await run.store.get(ref);
    run.emit({ type: "journal", runId: run.id, depth, turn, index, event, ...(text !== undefined && { text }) });
  }
}

function isTask({ type }: JournalEvent): boolean {
  return type === "task";
}
