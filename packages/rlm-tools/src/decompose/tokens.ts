import type { Piece } from "./chunks.ts";
import { optionsOf, textOf } from "./given.ts";

/** A piece of a text by tokens. */
export interface TokenPiece extends Piece {
  /** Of o200k_base; no more than `size`. */
  tokens: number;
}

export interface TokensOptions {
  /** Tokens that a piece has at most; 4 or more, for one character may have as many. */
  size: number;
  /** Tokens that a piece repeats of the one before it, at most half of `size`. @default 0 */
  overlap?: number;
}

type Count = (text: string) => number;

// A word of the tokenizer's is mostly one that came before; counting it anew costs twenty times as much.
const wordsKept = 100_000;

/**
 * Pieces of at most `size` tokens that cover the text, cut between words of the tokenizer's (`pattern`), of which each has
 * its tokens for itself, so that they add up; a longer word is cut between characters as people see them.
 */
export function tokenPieces(count: Count, pattern: RegExp): (given: string, options: TokensOptions) => TokenPiece[] {
  const known = new Map<string, number>();
  const countWord: Count = (word) => {
    const before = known.get(word);
    if (before !== undefined) return before;
    const tokens = count(word);
    if (known.size >= wordsKept) known.clear();
    if (word.length <= 40) known.set(word, tokens);
    return tokens;
  };

  return (given, options) => {
    const text = textOf(given, "tokens");
    const { size, overlap = 0 } = optionsOf<TokensOptions>(options, "tokens", ["size", "overlap"]);
    if (!Number.isSafeInteger(size) || size < 4)
      throw new RangeError(`decompose.tokens: expected size to be an integer of 4 or more, got ${String(size)}`);
    if (!Number.isSafeInteger(overlap) || overlap < 0 || overlap > size / 2)
      throw new RangeError(
        `decompose.tokens: expected overlap to be an integer from 0 to ${Math.floor(size / 2)}, got ${String(overlap)}`,
      );

    const pieces: TokenPiece[] = [];
    /** The words of the open piece, for the next one's overlap. */
    let words: { start: number; tokens: number }[] = [];
    let total = 0;
    const end = (at: number): void => {
      const [first] = words;
      if (first === undefined) return;
      const piece = text.slice(first.start, at);
      pieces.push({ text: piece, start: first.start, end: at, tokens: total });
      let kept = words.length;
      let tokens = 0;
      while (kept > 1 && tokens + (words[kept - 1]?.tokens ?? 0) <= overlap) tokens += words[--kept]?.tokens ?? 0;
      words = words.slice(kept);
      total = tokens;
    };
    const add = (start: number, tokens: number): void => {
      if (total + tokens > size) {
        end(start);
        // What is repeated gives way to what is new.
        while (total + tokens > size) total -= words.shift()?.tokens ?? 0;
      }
      words.push({ start, tokens });
      total += tokens;
    };
    for (const { 0: word, index } of text.matchAll(pattern)) {
      const tokens = countWord(word);
      if (tokens <= size) add(index, tokens);
      else for (const part of parts(word, size, count)) add(index + part.start, part.tokens);
    }
    end(text.length);
    return pieces;
  };
}

/** A word of more tokens than a piece may have, cut between graphemes; one that is longer itself, between code points. */
function parts(word: string, size: number, count: Count): { start: number; tokens: number }[] {
  const found: { start: number; tokens: number }[] = [];
  let open = { start: 0, text: "", tokens: 0 };
  const take = (start: number, unit: string): void => {
    // Tokens of both together are never more than those of each.
    const tokens = count(unit);
    if (open.text !== "" && open.tokens + tokens > size) {
      found.push({ start: open.start, tokens: count(open.text) });
      open = { start, text: "", tokens: 0 };
    }
    open.text += unit;
    open.tokens += tokens;
  };
  for (const { segment, index } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(word)) {
    if (count(segment) <= size) take(index, segment);
    else {
      let at = index;
      for (const character of segment) {
        take(at, character);
        at += character.length;
      }
    }
  }
  if (open.text !== "") found.push({ start: open.start, tokens: count(open.text) });
  return found;
}
