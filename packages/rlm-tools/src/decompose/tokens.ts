import { checkOptions } from "../check-options.ts";
import type { Piece } from "./chunks.ts";
import { textOf } from "./given.ts";
import { insideGraphemes } from "./graphemes.ts";

/** A piece of a text by tokens. */
export interface TokenPiece extends Piece {
  /** Of o200k_base, no more than `size`; of a part of a long word its bytes in UTF-8, of which no token has less than one, or `size`. */
  tokens: number;
}

export interface TokensOptions {
  /** Tokens that a piece has at most; 4 or more, for one character may have as many. @default pieces of about one length, each three quarters of a sub-call's prompt or less */
  size?: number;
  /** Tokens that a piece repeats of the one before it, at most half of `size`. @default 0 */
  overlap?: number;
}

/** The function: of a text, by options, for prompts of sub-calls that may have as many characters. */
export type CutByTokens = (given: string, options?: TokensOptions, promptChars?: number) => TokenPiece[];

type Count = (text: string) => number;

/** What is not cut: a word of the tokenizer's, or several that meet inside of a character as people see it. */
interface Word {
  start: number;
  tokens: number;
}

// A word of the tokenizer's is mostly one that came before; counting it anew costs twenty times as much.
const wordsKept = 100_000;
// Counting takes time with the square of a word's length.
const longestWord = 500;

/**
 * Pieces of at most `size` tokens that cover the text, cut between words of the tokenizer's (`pattern`), of which each has
 * its tokens for itself, so that they add up; what has more is cut between characters as people see them, one part a piece.
 */
export function tokenPieces(count: Count, pattern: RegExp): CutByTokens {
  const known = new Map<string, number>();
  const countWord: Count = (word) => {
    const before = known.get(word);
    if (before !== undefined) return before;
    const tokens = count(word);
    if (known.size >= wordsKept) known.clear();
    if (word.length <= 40) known.set(word, tokens);
    return tokens;
  };

  const recount: Count = (text) => {
    let tokens = 0;
    for (const [word] of text.matchAll(pattern)) tokens += countWord(word);
    return tokens;
  };

  function* wordsOf(text: string): Generator<Word & { end: number }> {
    const isInside = insideGraphemes(text);
    let open = { start: 0, end: 0, tokens: 0 };
    for (const { 0: word, index } of text.matchAll(pattern)) {
      const tokens = word.length > longestWord ? Infinity : countWord(word);
      const end = index + word.length;
      if (isInside(index)) {
        open.end = end;
        open.tokens += tokens;
        continue;
      }
      if (open.end > 0) yield open;
      open = { start: index, end, tokens };
    }
    if (open.end > 0) yield open;
  }

  return (given, options = {}, promptChars = Number.NaN) => {
    const text = textOf(given, "tokens");
    const { size: asked, overlap = 0 } = checkOptions<TokensOptions>(options, "decompose.tokens", ["size", "overlap"]);
    /** Characters that a piece has at most. */
    const room = asked === undefined ? fitting(text.length, promptChars) : Infinity;
    // A prompt's length supposes three characters a token.
    const size = asked ?? Math.max(4, Math.floor((promptChars * 0.75) / 3));
    if (!Number.isSafeInteger(size) || size < 4)
      throw new RangeError(`decompose.tokens: expected size to be an integer of 4 or more, got ${String(asked)}`);
    if (!Number.isSafeInteger(overlap) || overlap < 0 || overlap > size / 2)
      throw new RangeError(
        `decompose.tokens: expected overlap to be an integer from 0 to ${Math.floor(size / 2)}, got ${String(overlap)}`,
      );

    const pieces: TokenPiece[] = [];
    /** The words of the open piece, for the next one's overlap. */
    let words: Word[] = [];
    let total = 0;
    /** Ends the open piece; mostly it is one. */
    const end = (at: number): void => {
      let last: Word[] = [];
      for (let open = words; open.length > 0; open = open.slice(last.length)) {
        const from = open[0]?.start ?? 0;
        let exact = 0;
        for (let length = open.length; length > 0; length--) {
          const to = open[length]?.start ?? at;
          last = open.slice(0, length);
          exact = last.reduce((sum, { tokens }) => sum + tokens, 0);
          // White space at an end is one word there, though it may be two before what follows, and rarely of less tokens.
          if (length === 1 || !/\s/.test(text[to - 1] ?? "")) break;
          exact = recount(text.slice(from, to));
          if (exact <= size) break;
        }
        const to = open[last.length]?.start ?? at;
        pieces.push({ text: text.slice(from, to), start: from, end: to, tokens: exact });
      }
      let kept = last.length;
      total = 0;
      while (
        kept > 1 &&
        total + (last[kept - 1]?.tokens ?? 0) <= overlap &&
        at - (last[kept - 1]?.start ?? 0) <= room / 2
      )
        total += last[--kept]?.tokens ?? 0;
      words = last.slice(kept);
    };
    const add = (word: Word & { end: number }): void => {
      const isOver = (): boolean => total + word.tokens > size || word.end - (words[0]?.start ?? word.start) > room;
      if (isOver()) {
        end(word.start);
        // What is repeated gives way to what is new.
        while (isOver()) total -= words.shift()?.tokens ?? 0;
      }
      words.push({ start: word.start, tokens: word.tokens });
      total += word.tokens;
    };
    for (const word of wordsOf(text)) {
      if (word.tokens <= size && word.end - word.start <= room) {
        add(word);
        continue;
      }
      // Parts stand alone: with a word beside it the tokenizer might see other words.
      for (const part of parts(text.slice(word.start, word.end), size, recount)) {
        end(word.start + part.start);
        [words, total] = [[{ start: word.start + part.start, tokens: part.tokens }], part.tokens];
      }
      end(word.end);
      [words, total] = [[], 0];
    }
    end(text.length);
    return pieces;
  };
}

/** As `chunks` has it: what is left of a prompt is for the question; pieces of about one length are somewhat shorter than they may be. */
function fitting(length: number, promptChars: number): number {
  const most = Math.max(4, Math.floor(promptChars * 0.75));
  const even = Math.ceil(length / Math.max(1, Math.ceil(length / most)));
  return Math.min(most, Math.max(4, Math.ceil(even * 1.1)));
}

/** A part of a long word for each piece, cut between graphemes, or code points where one has more tokens than `size`: no part has more bytes, and so no more tokens, but for a grapheme alone. */
function* parts(word: string, size: number, count: Count): Generator<Word> {
  let open = { start: 0, tokens: 0 };
  for (const { start, tokens } of units(word, size, count)) {
    if (open.tokens > 0 && open.tokens + tokens > size) {
      yield open;
      open = { start, tokens: 0 };
    }
    open.tokens += tokens;
  }
  yield open;
}

function* units(word: string, size: number, count: Count): Generator<Word> {
  for (const { segment, index } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(word)) {
    const bytes = bytesOf(segment);
    if (bytes <= size || (segment.length <= longestWord && count(segment) <= size)) {
      yield { start: index, tokens: Math.min(bytes, size) };
      continue;
    }
    let start = index;
    for (const character of segment) {
      yield { start, tokens: bytesOf(character) };
      start += character.length;
    }
  }
}

function bytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
