import { canonicalJson, sha256 } from "../hash.ts";
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

/**
 * Entry of the write-ahead log: an event, and where in which journal it belongs. `on` names the journal before it by all of
 * its events: where two processes work on one step at once, the log has two journals, and none is made of both.
 */
interface Entry {
  at: number;
  on: string;
  event: JournalEvent;
}

/** Opens the log of a step, with what an earlier try of it had already written ahead: that is told again, for it may not have come so far. */
export async function openBlockLog(
  state: Pick<RlmState, "journal" | "depth">,
  run: Pick<Run, "id" | "store" | "logKey" | "keepsLog" | "emit">,
): Promise<BlockLog> {
  const journal: JournalEvent[] = [...state.journal];
  let turn = turnsOf(journal).length;
  const entries = (await run.store.read(run.logKey)).filter(isEntry);
  // Named when it is needed: most steps find nothing and read no more.
  let named = { length: 0, name: "" };
  for (const event of entries.length === 0 ? [] : longestFrom(nameNow(), entries)) {
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
        await run.store.append(run.logKey, { at: journal.length, on: nameNow(), event } satisfies Entry);
        push(event, text);
      });
      last = added.catch(() => {});
      await added;
    },
  };

  function nameNow(): string {
    const name = journal.slice(named.length).reduce(nameAfter, named.name);
    named = { length: journal.length, name };
    return name;
  }

  function push(event: JournalEvent, text: string | undefined): void {
    const index = journal.length;
    journal.push(event);
    if (event.type === "reply") turn++;
    const { depth } = state;
    run.emit({ type: "journal", runId: run.id, depth, turn, index, event, ...(text !== undefined && { text }) });
  }
}

/** The events of the longest journal that the log has behind the one of this name; of two, the one that was there first. */
function longestFrom(start: string, entries: readonly Entry[]): JournalEvent[] {
  const best = new Map<string, { event: JournalEvent; after: string; length: number }>();
  for (const { on, event } of entries.toSorted((a, b) => b.at - a.at)) {
    const after = nameAfter(on, event);
    const length = 1 + (best.get(after)?.length ?? 0);
    if (length > (best.get(on)?.length ?? 0)) best.set(on, { event, after, length });
  }
  const events: JournalEvent[] = [];
  for (let next = best.get(start); next !== undefined; next = best.get(next.after)) events.push(next.event);
  return events;
}

/** The name of a journal that has one more event: a chain of hashes. */
function nameAfter(name: string, event: JournalEvent): string {
  const known = names.get(event);
  if (known?.before === name) return known.after;
  const after = sha256(canonicalJson([name, event])).slice(0, 32);
  names.set(event, { before: name, after });
  return after;
}

// Every step names the journal from its beginning.
const names = new WeakMap<JournalEvent, { before: string; after: string }>();

function isEntry(entry: unknown): entry is Entry {
  return typeof entry === "object" && entry !== null && "at" in entry && "on" in entry && "event" in entry;
}
