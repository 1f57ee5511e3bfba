import type { Entry } from "./entries-of.ts";
import type { Passage } from "./cut-passages.ts";
import type { Quote } from "./read-passage.ts";

/** The stand-in's answer. */
export interface Mentions {
  /** That it is no language model, and what it leaves open. */
  note: string;
  /** What was searched; empty where the question was not understood. */
  term: string;
  /** Texts that were searched. */
  texts: number;
  mentions: number;
  /** Passages that no sub-call answered for. */
  missing: number;
  found: Found[];
}

/** A text with mentions (or, where there is one text only, a passage of it). */
export interface Found {
  at: string;
  fields: Record<string, string | number | boolean>;
  when: string | null;
  who: string | null;
  mentions: number;
  first: string;
}

/** Joins what was read of the passages. Guest code: self-contained. */
export function reportOf(
  term: string,
  entries: readonly Entry[],
  passages: readonly Passage[],
  readings: readonly { id: number; mentions: number; quotes: readonly Quote[] }[],
): Mentions {
  const read = new Map(readings.map((reading) => [reading.id, reading]));
  const found: Found[] = [];
  let line = 1;
  let counted = 0;
  let current = -1;
  for (const { id, entry: number, at } of passages) {
    const { path = "", text = "", fields = {} } = entries[number] ?? {};
    const reading = read.get(id);
    if (entries.length === 1) {
      line += text.slice(counted, at).split("\n").length - 1;
      counted = at;
    }
    if (reading === undefined || reading.mentions < 1) continue;
    // One text alone is told apart by its lines.
    const same = entries.length > 1 && number === current ? found.at(-1) : undefined;
    if (same === undefined) {
      const { sentence = "", when = null, who = null } = reading.quotes[0] ?? {};
      const place =
        entries.length > 1 ? path : text.includes("\n") ? `${path}, line ${line}` : `${path}, character ${at + 1}`;
      found.push({ at: place, fields, when, who, mentions: reading.mentions, first: sentence });
      current = number;
    } else same.mentions += reading.mentions;
  }
  const missing = passages.filter(({ id }) => !read.has(id)).length;
  const gap = missing === 0 ? "" : ` ${missing} of ${passages.length} passages are missing: their sub-calls failed.`;
  return {
    note: `Offline stand-in: rules, not a language model.${gap}`,
    term,
    texts: entries.length,
    mentions: found.reduce((sum, { mentions }) => sum + mentions, 0),
    missing,
    found,
  };
}

/** The answer as text. Guest code: self-contained. */
export function reportText({ note, term, texts, mentions, missing, found }: Mentions): string {
  if (term === "") return note;
  const times = (count: number) => (count === 1 ? "once" : `${count} times`);
  const where = texts === 1 ? "in the text" : `in ${found.length} of ${texts} texts`;
  const none = missing === 0 ? `“${term}” is not mentioned.` : `Whether “${term}” is mentioned is not known.`;
  const summary = mentions === 0 ? none : `“${term}” is mentioned ${times(mentions)}, ${where}.`;
  const lines = found.map(({ at, fields, when, who, mentions: count, first }) => {
    const near = [
      ...Object.entries(fields).map(([key, value]) => `${key} ${value}`),
      ...(who === null ? [] : [who]),
      ...(when === null ? [] : [when]),
    ];
    return `- ${at}${near.length === 0 ? "" : ` (${near.join(", ")})`}, ${times(count)}: ${first}`;
  });
  return [`${note} ${summary}`, ...lines].join("\n");
}

/** The sentences of a report as evidence; those that are too short to show anything are left out. Guest code: self-contained. */
export function evidenceOf({ term, found }: Mentions): { claim: string; quote: string }[] {
  return found
    .map(({ at, first }) => ({
      claim: `${at} mentions “${term}”.`.slice(0, 1000),
      quote: first.replace(/^… | …$/g, ""),
    }))
    .filter(({ quote }) => quote.replace(/[^\p{L}\p{N}]/gu, "").length >= 12)
    .slice(0, 20);
}
