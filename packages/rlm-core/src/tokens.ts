import type { ChatMessage } from "./model.ts";

/**
 * Tokens of a text, a little high and cheap enough for every prompt: at most 8,000 characters are looked at, in under 1 ms.
 * Measured on 17 kinds of text (prose, code, logs, base64, eight languages): 0.96 to 1.6 of what o200k_base counts.
 */
export function estimateTokens(text: string): number {
  if (text.length <= samples * sampleLength) return Math.ceil(margin * weigh(text));
  let weight = 0;
  for (let sample = 0; sample < samples; sample += 1) {
    const start = Math.floor(((text.length - sampleLength) * sample) / (samples - 1));
    weight += weigh(text.slice(start, start + sampleLength));
  }
  return Math.ceil((margin * weight * text.length) / (samples * sampleLength));
}

/** Tokens of a prompt by our estimate, with what a provider adds to each message. */
export function promptTokens(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + estimateTokens(content) + 4, 0);
}

/**
 * Tokens of a text as o200k_base counts them, about 1 ms for 1,500. A text with long runs that have no break
 * is counted in pieces, at most 1 % high: the tokenizer needs quadratic time for a run (4 s for 100,000 spaces).
 */
export async function countTokens(text: string): Promise<number> {
  // Loaded when first needed: its tables take 0.2 s.
  const { countTokens: count } = await import("gpt-tokenizer/encoding/o200k_base");
  if (!longRun.test(text)) return count(text, asPlainText);
  let tokens = 0;
  for (let start = 0; start < text.length; start += pieceLength)
    tokens += count(text.slice(start, start + pieceLength), asPlainText);
  return tokens;
}

// Otherwise a text that holds "<|endoftext|>" is an error.
const asPlainText = { disallowedSpecial: new Set<string>() };
const longRun = /\S{1000}|\s{1000}/;
const pieceLength = 1000;

const samples = 8;
const sampleLength = 1000;
const margin = 1.2;

const tokenLike =
  /(?<word>[A-Z]?[a-z]+|[A-Z]+)|(?<dense>[\u2e80-\ud7ff\ue000-\uffff])|(?<letters>[\u0080-\u2e7f]+)|\d{1,3}|\n\s*|[ \t]{2,}|[!-/:-@[-`{-~]{1,2}|[\ud800-\udfff]/g;

// About a token each: short words, three digits, two signs, a line end, half an emoji. Single spaces belong to their word.
function weigh(text: string): number {
  let weight = 0;
  for (const { groups } of text.matchAll(tokenLike)) {
    if (groups?.word !== undefined) weight += Math.max(1, groups.word.length / 5);
    else if (groups?.dense !== undefined) weight += 0.8;
    else if (groups?.letters !== undefined) weight += groups.letters.length * 0.45;
    else weight += 1;
  }
  return weight;
}
