import type { JournalEvent } from "rlm-core";
import { countToolCalls, toolsAt, type Tree } from "rlm-core/driver";

/** The key of the write-ahead log of one step of a session. */
export function stepLogKey(rootId: string, sessionId: string, place: string): string {
  return `${logsOf(rootId)}${sessionId}/${place}`;
}

/** Counts the tool calls that a run's children have made: the caps of tools hold across a resume, and no state has the journal of a child that has ended. */
export async function countCallsOfChildren(rootId: string, { limits, tools, store, toolCalls }: Tree): Promise<void> {
  if (limits.depth < 2 || toolsAt(1, tools).length === 0) return;
  const journals = new Map<string, Map<number, JournalEvent>>();
  for (const key of await store.list(`${logsOf(rootId)}${rootId}/`)) {
    const sessionId = key.slice(logsOf(rootId).length, key.lastIndexOf("/"));
    if (sessionId === rootId) continue;
    const journal = journals.get(sessionId) ?? new Map<number, JournalEvent>();
    journals.set(sessionId, journal);
    for (const entry of await store.read(key)) {
      const { at, event } = entry as { at: number; event: JournalEvent };
      // Two processes may have worked on one step: the first was heard.
      if (!journal.has(at)) journal.set(at, event);
    }
  }
  for (const [id, journal] of journals) {
    const events = [...journal].toSorted(([a], [b]) => a - b).map(([, event]) => event);
    countToolCalls(events, { id, toolCalls });
  }
}

function logsOf(rootId: string): string {
  return `${rootId}/log/`;
}
