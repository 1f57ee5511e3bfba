import { maxQuoteChars } from "./citation.ts";

/** How a quote is looked for. */
export interface QuoteForm {
  /** The quote without white space around it. */
  text: string;
  /** Source of a RegExp without flags that finds it where only white space, typographic marks or the composition of letters differ. */
  pattern: string;
  /** It is too short to prove anything, unless it is all of what it stands in. */
  short: boolean;
  /** The same of its first and last three quarters, halves and quarters, where those can prove something: for what a wrong quote comes near to. */
  portions: string[];
}

/** Throws nothing: a quote that cannot be one has an empty text. */
export function quoteForm(quote: string): QuoteForm {
  const text = quote.trim();
  if (text.length > maxQuoteChars) return { text: "", pattern: "", short: true, portions: [] };
  return { text, pattern: patternOf(text), short: isShort(text), portions: portionsOf(text).map(patternOf) };
}

function portionsOf(text: string): string[] {
  const words = text.split(/\s+/);
  return [0.75, 0.5, 0.25].flatMap((part) => {
    const size = Math.floor(words.length * part);
    if (size === 0) return [];
    return [words.slice(0, size), words.slice(-size)].map((some) => some.join(" ")).filter((some) => !isShort(some));
  });
}

function isShort(text: string): boolean {
  return weightOf(text) < leastWeight;
}

// "The valve was closed" has 17; a name or a number alone proves nothing.
const leastWeight = 12;

/** Letters and digits; one of a script that writes more with each counts as two. */
function weightOf(text: string): number {
  let weight = 0;
  for (const [letter] of text.normalize("NFC").matchAll(/[\p{L}\p{N}]/gu)) weight += dense.test(letter) ? 2 : 1;
  return weight;
}

const dense = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u;

function patternOf(text: string): string {
  let pattern = "";
  for (const [part] of text.normalize("NFC").matchAll(/\s+|\.\.\.|\P{M}\p{M}*|\p{M}+/gsu)) pattern += partPattern(part);
  return pattern;
}

function partPattern(part: string): string {
  if (/^\s/u.test(part)) return "\\s+";
  if (part === "..." || part === "…") return "(?:…|\\.\\.\\.)";
  for (const marks of alike) if (marks.includes(part)) return `[${marks.replace("-", "\\-")}]`;
  const forms = new Set([part, part.normalize("NFD")]);
  const sources = [...forms].map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return sources.length === 1 ? (sources[0] ?? "") : `(?:${sources.join("|")})`;
}

// What a model types for what is typeset.
const alike = ["'‘’‚‛′`´", '"“”„‟″«»', "-‐‑‒–—−"];
