import { open } from "node:fs/promises";
import { pagedText } from "../paged-text.ts";
import { pagedContext } from "../store-context.ts";
import type { RunStore } from "../store.ts";
import type { Citation } from "./citation.ts";
import { contextStrings } from "./context-strings.ts";
import type { Source } from "./sources.ts";

/** The first citation whose passage is not what its source has there; undefined if all are true. */
export async function misquoted(
  citations: readonly Citation[],
  sources: readonly Source[],
  store: RunStore,
): Promise<Citation | undefined> {
  for (const [name, cited] of Map.groupBy(citations, ({ source }) => source)) {
    const source = sources.find((given) => given.name === name);
    if (source === undefined) return cited[0];
    const passages = await passagesOf(cited, source, store);
    const wrong = cited.find((citation) => passages.get(citation) !== citation.quote);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

async function passagesOf(
  cited: readonly Citation[],
  { context }: Source,
  store: RunStore,
): Promise<Map<Citation, string>> {
  const passages = new Map<Citation, string>();
  if (context.paged === true && context.kind === "string") {
    const file = await pagedContext(context.ref);
    await using handle = await open(file.path);
    const text = pagedText(handle.fd, file);
    for (const citation of cited)
      if (citation.key === undefined) passages.set(citation, text.read(citation.start, citation.end));
    return passages;
  }
  const byKey = Map.groupBy(cited, ({ key }) => key);
  const keys = new Set(cited.flatMap(({ key }) => (key === undefined ? [] : [`${key}`])));
  const last = Math.max(...cited.map(({ key, end }) => (key === undefined ? end : Infinity)));
  for await (const { key, from, text } of contextStrings(context, store, { keys })) {
    for (const citation of byKey.get(key) ?? []) {
      const { start, end, quote } = citation;
      const known = passages.get(citation) ?? "";
      // Two strings may have one key, as of { "a.b": …, a: { b: … } }.
      if (key !== undefined && known === quote) continue;
      const part = text.slice(Math.max(0, start - from), Math.max(0, end - from));
      passages.set(citation, from === 0 ? part : known + part);
    }
    if (from + text.length >= last) break;
  }
  return passages;
}
