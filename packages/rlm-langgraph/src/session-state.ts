import { createHash } from "node:crypto";
import type { JournalEvent, RlmState } from "rlm-core";
import { readTasks } from "./asked-tasks.ts";
import type { GraphValues } from "./graph-state.ts";
import { readJournal } from "./journal-chain.ts";
import type { LiveTree } from "./live-trees.ts";

/** What of a graph's state identifies a session, and what it takes to tell of it. */
export type SessionValues = Pick<GraphValues, "session" | "usage" | "journal" | "query" | "context">;

/** rlm-core's state out of the graph's. */
export async function stateOf(
  values: SessionValues & Partial<Pick<GraphValues, "pending" | "reviews" | "limit" | "outcome">>,
  live: LiveTree,
): Promise<RlmState> {
  const { session, query, context, pending = [], usage, reviews = null, limit = null, outcome = null } = values;
  const { store } = live.tree;
  const { seed, startedAt, depth, versions, queryRef, responseFormat, cite, asked } = session;
  const journal = await journalOf(values.journal, live);
  const isFurther = asked !== undefined && journal.some(({ type }) => type === "task");
  return {
    task: {
      query: queryRef === undefined ? query : await store.get(queryRef),
      contexts: [context].flat(),
      ...(responseFormat && { responseFormat }),
      ...(cite && { cite }),
    },
    ...(isFurther && { earlier: (await readTasks(asked, store)).slice(0, -1) }),
    journal,
    pending,
    usage,
    ...(reviews !== null && { reviews }),
    ...(limit !== null && { limit }),
    ...(outcome !== null && { outcome }),
    seed,
    startedAt,
    depth,
    versions,
  };
}

/** The journal that ends at `head`, read once. */
export async function journalOf(head: string | null, { tree, journals }: LiveTree): Promise<JournalEvent[]> {
  if (head === null) return [];
  const known = journals.get(head);
  if (known !== undefined) return known;
  const journal = await readJournal(head, tree.store);
  journals.set(head, journal);
  return journal;
}

/**
 * The place of a step in its session, by what it works on: a step that runs again from the same state, whatever its
 * checkpoint is called, finds what it had written ahead.
 */
export function placeOf(step: string, values: GraphValues): string {
  const { session, query, context, journal, pending, results, limit } = values;
  const { seed, queryRef = null, responseFormat = null, cite } = session;
  const parts = [
    [step, journal, limit, seed, queryRef ?? query, responseFormat, ...(cite ? ["cite"] : [])],
    [context].flat().map(({ name, kind, ref }) => [name, kind, ref]),
    pending.map(({ id, turn, hash }) => [id, turn, hash]),
    Object.entries(results)
      .map(([id, { ok, ref }]) => [Number(id), ok, ref] as const)
      .toSorted(([a], [b]) => a - b),
  ];
  return `${step}-${createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32)}`;
}
