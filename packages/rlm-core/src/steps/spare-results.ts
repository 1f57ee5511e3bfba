import type { JournalEvent, ResultEvent } from "../journal.ts";

/** Results that were paid for in blocks that were rolled back: the same call in a later block gets them, each once. */
export function spareResults(journal: readonly JournalEvent[]): { take(hash: string): ResultEvent | undefined } {
  const spare = new Map<string, ResultEvent[]>();
  let block: ResultEvent[] = [];
  for (const event of journal) {
    if (event.type === "block") block = [];
    else if (event.type === "call") spare.get(event.hash)?.shift();
    else if (event.type === "result" && event.ok) block.push(event);
    else if (event.type === "end" && event.rolledBack === true) {
      for (const result of block) {
        const known = spare.get(result.hash);
        if (known === undefined) spare.set(result.hash, [result]);
        else known.push(result);
      }
    }
  }
  return { take: (hash) => spare.get(hash)?.shift() };
}
