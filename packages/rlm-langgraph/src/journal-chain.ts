import { RlmError, type JournalEvent, type RunStore } from "rlm-core";

/** One link: the events that a step added, after those of `before`. */
interface Link {
  before: string | null;
  events: JournalEvent[];
}

/** Keeps events behind those of `head`, and returns the new head. Links are named by content, so branches of a thread share what they have in common. */
export async function addToJournal(
  head: string | null,
  events: readonly JournalEvent[],
  store: RunStore,
): Promise<string | null> {
  if (events.length === 0) return head;
  return await store.put(
    JSON.stringify({ before: head, events } satisfies { before: string | null; events: readonly JournalEvent[] }),
  );
}

/** The whole journal that ends at `head`. Throws RlmError with code "store" where a link is missing or damaged. */
export async function readJournal(head: string | null, store: RunStore): Promise<JournalEvent[]> {
  const links: Link[] = [];
  for (let ref = head; ref !== null;) {
    const link = parseLink(await store.get(ref), ref);
    links.push(link);
    ref = link.before;
  }
  return links.toReversed().flatMap(({ events }) => events);
}

/** Counts the replies of the newest run of chains; what several have in common is read once. */
export function createTurnCounter(store: RunStore): (head: string | null) => Promise<number> {
  const counts = new Map<string, number>();
  return async (head) => {
    const unknown: { ref: string; replies: number; begins: boolean }[] = [];
    let ref = head;
    while (ref !== null && !counts.has(ref)) {
      const { before, events } = parseLink(await store.get(ref), ref);
      const begin = events.findLastIndex(({ type }) => type === "task");
      const replies = events.slice(begin + 1).filter(({ type }) => type === "reply").length;
      unknown.push({ ref, replies, begins: begin >= 0 });
      ref = before;
    }
    let turns = ref === null ? 0 : (counts.get(ref) ?? 0);
    for (const { ref: link, replies, begins } of unknown.toReversed()) {
      turns = (begins ? 0 : turns) + replies;
      counts.set(link, turns);
    }
    return turns;
  };
}

function parseLink(text: string, ref: string): Link {
  try {
    const link = JSON.parse(text) as Partial<Link>;
    if (Array.isArray(link.events) && (link.before === null || typeof link.before === "string")) return link as Link;
  } catch {
    // Told below, like JSON of something else.
  }
  throw new RlmError("store", `Cannot read the journal: ${ref} is not a part of one`);
}
