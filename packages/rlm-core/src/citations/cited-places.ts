import type { ContextRef } from "../context.ts";
import { parseFileRef } from "../file-ref.ts";
import type { RunStore } from "../store.ts";
import type { Citation } from "./citation.ts";
import { contextStrings } from "./context-strings.ts";
import { sourcesIn } from "./sources.ts";

/** A citation with where a person finds it. */
export interface CitedPlace extends Citation {
  /** Of the first character, from 1, in its string. Absent where the source is none of the contexts. */
  line?: number;
  /** UTF-16 code units, from 1. */
  column?: number;
  /** From 1, where form feeds divide the string into pages, as they do the text of a PDF, and it is not on the first. */
  page?: number;
  /** The path of the context's file, where it is one. */
  file?: string;
}

/** Lines and columns of citations, each context read once through, up to its last one. `contexts`: what `storeContexts` gave. */
export async function citedPlaces(
  citations: readonly Citation[],
  contexts: readonly ContextRef[],
  store: RunStore,
): Promise<CitedPlace[]> {
  const places = new Map<Citation, CitedPlace>(citations.map((citation) => [citation, { ...citation }]));
  for (const { name, context } of sourcesIn(contexts, 0)) {
    const cited = citations.filter(({ source }) => source === name);
    if (cited.length === 0) continue;
    const keys = new Set(cited.flatMap(({ key }) => (key === undefined ? [] : [`${key}`])));
    const last = Math.max(...cited.map(({ key, start }) => (key === undefined ? start : Infinity)));
    const file = context.ref.startsWith("file:") ? { file: parseFileRef(context.ref).path } : {};
    let line = 1;
    let lineStart = 0;
    let page = 1;
    for await (const { key, from, text } of contextStrings(context, store, { keys })) {
      if (from === 0) [line, lineStart, page] = [1, 0, 1];
      const here = cited.filter((one) => one.key === key && one.start >= from && one.start < from + text.length);
      const ends = [...here.map(({ start }) => start - from), text.length].toSorted((a, b) => a - b);
      let at = 0;
      let counted = 0;
      for (const end of ends) {
        for (let next = text.indexOf("\f", counted); next >= 0 && next < end; next = text.indexOf("\f", counted)) {
          page++;
          counted = next + 1;
        }
        for (let next = text.indexOf("\n", at); next >= 0 && next < end; next = text.indexOf("\n", at)) {
          line++;
          at = next + 1;
          lineStart = from + at;
        }
        for (const one of here.filter(({ start }) => start - from === end))
          places.set(one, { ...one, line, column: one.start - lineStart + 1, ...(page > 1 && { page }), ...file });
      }
      if (from + text.length > last) break;
    }
  }
  return [...places.values()];
}
