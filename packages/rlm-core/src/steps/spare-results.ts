import type { JournalEvent, ResultEvent } from "../journal.ts";

/** Results that were paid for in blocks that were rolled back: the same call in a later block gets them, each once. */
export interface SpareResults {
  take(hash: string): ResultEvent | undefined;
  /** What a call of the open block that the journal has was given, whether or not that came to it. */
  givenTo(id: number): ResultEvent | undefined;
  /** Reads one more event of the journal; true for a call that was given one of these results. */
  add(event: JournalEvent): boolean;
}

export function spareResults(journal: readonly JournalEvent[] = []): SpareResults {
  const spare = new Map<string, ResultEvent[]>();
  const given = new Map<number, ResultEvent>();
  let block: ResultEvent[] = [];
  const take = (hash: string): ResultEvent | undefined => spare.get(hash)?.shift();
  for (const event of journal) add(event);
  return { take, add, givenTo: (id) => given.get(id) };

  function add(event: JournalEvent): boolean {
    if (event.type === "block") {
      block = [];
      given.clear();
    } else if (event.type === "call") {
      const paid = take(event.hash);
      if (paid !== undefined) given.set(event.id, paid);
      return paid !== undefined;
    } else if (event.type === "result" && event.ok) block.push(event);
    else if (event.type === "end" && event.rolledBack === true) {
      for (const result of block) {
        const known = spare.get(result.hash);
        if (known === undefined) spare.set(result.hash, [result]);
        else known.push(result);
      }
    }
    return false;
  }
}
