import { textRefOf, type JournalEvent } from "../journal.ts";
import type { Run } from "../run.ts";
import type { RlmState } from "../state.ts";
import { turnsOf } from "../turns.ts";

/** The journal while a step adds to it: every event is written ahead before anything acts on it. */
export interface BlockLog {
  readonly journal: readonly JournalEvent[];
  /** `text`: what the event's reference stands for. */
  add(event: JournalEvent, text?: string): Promise<void>;
}

/** Entry of the write-ahead log: an event, and where in the journal it belongs. */
interface Entry {
  at: number;
  event: JournalEvent;
}

/** Opens the log of a step, with what an earlier try of it had already written ahead: that is told again, for it may not have come so far. */
export async function openBlockLog(
  state: Pick<RlmState, "journal" | "depth">,
  run: Pick<Run, "id" | "store" | "logKey" | "keepsLog" | "emit">,
): Promise<BlockLog> {
  const journal: JournalEvent[] = [...state.journal];
  let turn = turnsOf(journal).length;
  // By place: what a step wrote again after a crash stands behind what came later.
  const entries = (await run.store.read(run.logKey)).filter(isEntry).sort((a, b) => a.at - b.at);
  for (const { at, event } of entries) {
    if (at !== journal.length) continue;
    const ref = textRefOf(event);
    push(event, ref === undefined ? undefined : await run.store.get(ref));
  }
  // All of it is older than the state, which has it: kept, it would be read again at every step, and that is all.
  const isOld = run.keepsLog !== true && entries.every(({ at }) => at < state.journal.length);
  if (entries.length > 0 && isOld) await run.store.delete(run.logKey).catch(() => {});
  let last: Promise<unknown> = Promise.resolve();
  return {
    journal,
    async add(event, text) {
      // Answers of persons come beside results: each event has its place.
      const added = last.then(async () => {
        await run.store.append(run.logKey, { at: journal.length, event } satisfies Entry);
        push(event, text);
      });
      last = added.catch(() => {});
      await added;
    },
  };

  function push(event: JournalEvent, text: string | undefined): void {
    const index = journal.length;
    journal.push(event);
    if (event.type === "reply") turn++;
    const { depth } = state;
    run.emit({ type: "journal", runId: run.id, depth, turn, index, event, ...(text !== undefined && { text }) });
  }
}

function isEntry(entry: unknown): entry is Entry {
  return typeof entry === "object" && entry !== null && "at" in entry && "event" in entry;
}
