import { maxQuoteChars } from "./citation.ts";

/** How a quote is looked for. */
export interface QuoteForm {
  /** The quote without white space around it. */
  text: string;
  /** Source of a RegExp without flags that finds it where only white space, typographic marks or the composition of letters differ. */
  pattern: string;
  /** It is too short to prove anything, unless it is all of what it stands in. */
  short: boolean;
}

/** Throws nothing: a quote that cannot be one has an empty text. */
export function quoteForm(quote: string): QuoteForm {
  const text = quote.trim();
  if (text.length > maxQuoteChars) return { text: "", pattern: "", short: true };
  return { text, pattern: patternOf(text), short: weightOf(text) < leastWeight };
}

/** Source of a RegExp for the beginning of a quote of that many words; undefined if it has no more. */
export function beginningOf(text: string, words: number): string | undefined {
  const all = text.split(/\s+/);
  return all.length <= words ? undefined : patternOf(all.slice(0, words).join(" "));
}

// "The valve was closed" has 17; a name or a number alone proves nothing.
const leastWeight = 12;

/** Letters and digits; one of a script that writes more with each counts as two. */
function weightOf(text: string): number {
  let weight = 0;
  for (const [letter] of text.matchAll(/[\p{L}\p{N}]/gu)) weight += dense.test(letter) ? 2 : 1;
  return weight;
}

const dense = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u;

function patternOf(text: string): string {
  let pattern = "";
  for (const [part] of text.matchAll(/\s+|\.\.\.|\P{M}\p{M}*|\p{M}+/gsu)) pattern += partPattern(part);
  return pattern;
}

function partPattern(part: string): string {
  if (/^\s/u.test(part)) return "\\s+";
  if (part === "..." || part === "…") return "(?:…|\\.\\.\\.)";
  for (const marks of alike) if (marks.includes(part)) return `[${marks.replace("-", "\\-")}]`;
  const forms = new Set([part, part.normalize("NFC"), part.normalize("NFD")]);
  const sources = [...forms].map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return sources.length === 1 ? (sources[0] ?? "") : `(?:${sources.join("|")})`;
}

// What a model types for what is typeset.
const alike = ["'‘’‚‛′`´", '"“”„‟″«»', "-‐‑‒–—−"];
