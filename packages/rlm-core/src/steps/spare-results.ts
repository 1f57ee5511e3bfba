import type { JournalEvent, ResultEvent } from "../journal.ts";
import type { Settled } from "../queries/answer-call.ts";
import type { RunStore } from "../store.ts";

/** Results that were paid for in blocks that were rolled back: the same call in a later block gets them, each once. */
export async function spareResults(
  journal: readonly JournalEvent[],
  store: RunStore,
): Promise<{ take(hash: string): Settled | undefined }> {
  const spare = new Map<string, ResultEvent[]>();
  let block: ResultEvent[] = [];
  for (const event of journal) {
    if (event.type === "block") block = [];
    else if (event.type === "call") spare.get(event.hash)?.shift();
    else if (event.type === "result" && event.ok) block.push(event);
    else if (event.type === "end" && event.rolledBack === true) {
      for (const result of block) spare.set(result.hash, [...(spare.get(result.hash) ?? []), result]);
    }
  }
  const texts = new Map<string, string>();
  for (const { ref } of [...spare.values()].flat()) texts.set(ref, await store.get(ref));
  return {
    take(hash) {
      const result = spare.get(hash)?.shift();
      return result && { ok: true, value: { text: texts.get(result.ref) ?? "", json: result.json } };
    },
  };
}
