import type { RunStore } from "../store.ts";
import { maxPassageChars, type Citation, type Evidence, type UnverifiedClaim } from "./citation.ts";
import { contextStrings, type StringPart } from "./context-strings.ts";
import { quoteForm, type QuoteForm } from "./quote-form.ts";
import type { Source } from "./sources.ts";

/** Evidence against the contexts, each read once through: what is borne out, and what is not. */
export async function locateQuotes(
  evidence: readonly Evidence[],
  sources: readonly Source[],
  store: RunStore,
  signal?: AbortSignal,
): Promise<{ citations: Citation[]; unverified: UnverifiedClaim[] }> {
  const wanted = evidence.map(wantedOf);
  for (const { name, context } of sources) {
    if (wanted.every(({ rank }) => rank === 0)) break;
    let before: StringPart | undefined;
    for await (const part of contextStrings(context, store, { signal })) {
      signal?.throwIfAborted();
      // A passage may lie across two parts.
      const tail = before?.key === part.key && part.from > 0 ? (before?.text.slice(-maxPassageChars) ?? "") : "";
      const window = { ...part, from: part.from - tail.length, text: tail + part.text };
      for (const each of wanted) look(each, window, name);
      before = window;
    }
  }
  return {
    citations: wanted.flatMap(({ found }) => found ?? []),
    unverified: wanted.flatMap(({ found, evidence: { claim, quote } }) => (found ? [] : [{ claim, quote }])),
  };
}

interface Wanted {
  evidence: Evidence;
  form: QuoteForm;
  expression: RegExp;
  found?: Citation;
  /** How good a place it is: 0 is word for word in the source that was named. */
  rank: number;
}

function wantedOf(evidence: Evidence): Wanted {
  const form = quoteForm(evidence.quote);
  return { evidence, form, expression: new RegExp(form.pattern), rank: form.text === "" ? 0 : Infinity };
}

function look(wanted: Wanted, { key, from, text, whole }: StringPart, name: string): void {
  const { evidence, form, expression, rank } = wanted;
  const { claim, source } = evidence;
  const other = source === undefined || source === name || source === `${key}` ? 0 : 1;
  if (rank <= other) return;
  if (form.short && !(whole && text.trim() === form.text)) return;
  const exact = text.indexOf(form.text);
  const match = exact < 0 && rank > 2 + other ? expression.exec(text) : null;
  if (exact < 0 && match === null) return;
  const at = exact < 0 ? (match?.index ?? 0) : exact;
  const quote = exact < 0 ? (match?.[0] ?? "") : form.text;
  if (quote.length > maxPassageChars) return;
  const start = from + at;
  wanted.rank = (exact < 0 ? 2 : 0) + other;
  wanted.found = { claim, source: name, ...(key !== undefined && { key }), start, end: start + quote.length, quote };
}
