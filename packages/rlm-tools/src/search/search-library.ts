import MiniSearch from "minisearch";
import { checkOptions, nameOf } from "../check-options.ts";
import { pieces, type PartText, type SourcePiece } from "./pieces.ts";
import { cosine, createVectors, type EmbedTool } from "./vectors.ts";
import { queryWords, swapped, words } from "./words.ts";

/** What a search found: `score` is BM25+ of MiniSearch, comparable within one search alone. */
export interface Hit extends SourcePiece {
  score: number;
  text: string;
}

export interface SearchOptions {
  within?: unknown;
  max?: number;
}

export interface SearchLibrary {
  search(kind: "bm25" | "fuzzy", query: string, within: unknown, max: number): Hit[];
  /** `argumentChars`: what the JSON of one call's arguments of `embed` may have. */
  semantic(query: string, within: unknown, max: number, embed: EmbedTool, argumentChars: number): Promise<Hit[]>;
  /** What `search.<name>` was given. Throws TypeError for what are no options of it. */
  options(name: string, given: unknown): SearchOptions;
  /** Throws TypeError or RangeError for what is no query or maximum. */
  check(name: string, query: unknown, max: unknown): void;
  /** Indexes that were built so far. */
  builds(): number;
}

/** Keeps the index of the texts that were searched last. */
export function createSearchLibrary(): SearchLibrary {
  let kept: { within: unknown; found: (SourcePiece & { text: string })[]; index: MiniSearch } | undefined;
  let builds = 0;
  const indexOf = (within: unknown, name: string): NonNullable<typeof kept> => {
    const isText = typeof within === "string" || isLongText(within);
    // An array or object may have changed since.
    if (kept !== undefined && isText && kept.within === within) return kept;
    const found: (SourcePiece & { text: string })[] = [];
    const index = new MiniSearch({ fields: ["text"], tokenize: words, processTerm: (word) => word });
    let postings = 0;
    for (const piece of piecesOf(within)) {
      postings += new Set(words(piece.text)).size;
      if (postings > maxPostings) throw tooLong(name);
      index.add({ id: found.length, text: piece.text });
      found.push(piece);
    }
    builds++;
    kept = { within, found, index };
    return kept;
  };
  const vectors = createVectors();
  return {
    options,
    check,
    semantic: async (query, within, max, embed, argumentChars) => {
      check("semantic", query, max);
      checkWithin("search.semantic", within);
      const found: (SourcePiece & { text: string })[] = [];
      for (const piece of piecesOf(within)) if (found.push(piece) > maxEmbedded) throw tooLong("search.semantic");
      const texts = [query, ...found.map(({ text }) => text)];
      const [asked = new Float32Array(), ...others] = await vectors(texts, embed, argumentChars);
      return found
        .map((piece, at) => ({ ...piece, score: cosine(asked, others[at] ?? asked) }))
        .toSorted((a, b) => b.score - a.score)
        .slice(0, max)
        .map((hit) => ({ ...hit, score: Math.round(hit.score * 1_000) / 1_000 }));
    },
    builds: () => builds,
    search: (kind, query, within, max) => {
      const name = `search.${kind}`;
      check(kind, query, max);
      checkWithin(name, within);
      const { index, found } = indexOf(within, name);
      const asked = queryWords(query);
      const swaps = new Set(kind === "fuzzy" ? asked.flatMap(swapped) : []);
      for (const word of asked) swaps.delete(word);
      const results = index.search(query, {
        tokenize: () => [...asked, ...swaps],
        boostTerm: (word) => (swaps.has(word) ? swapWeight : 1),
        // A letter alone begins the pairs of letters that have it.
        prefix: (word) => Array.from(word).length === 1 && word > "\u0e00",
        fuzzy: (word) =>
          kind === "fuzzy" && !swaps.has(word) && word.length > 2 && Math.min(3, Math.round(word.length / 4)),
      });
      return results
        .toSorted((a, b) => b.score - a.score || Number(a.id) - Number(b.id))
        .slice(0, max)
        .flatMap(({ id, score }) => {
          const piece = found[Number(id)];
          return piece === undefined ? [] : [{ ...piece, score: Math.round(score * 1_000) / 1_000 }];
        });
    },
  };
}

function options(kind: string, given: unknown): SearchOptions {
  return checkOptions<SearchOptions>(given, `search.${kind}`, kind === "store" ? ["max"] : ["within", "max"]);
}

function check(kind: string, query: unknown, max: unknown): void {
  const name = `search.${kind}`;
  if (typeof query !== "string") throw new TypeError(`${name}: expected query to be a string, got ${nameOf(query)}`);
  if (!Number.isSafeInteger(max) || Number(max) < 1)
    throw new RangeError(
      `${name}: expected max to be an integer of 1 or more, got ${typeof max === "number" ? max : nameOf(max)}`,
    );
}

function checkWithin(name: string, within: unknown): void {
  if (typeof within !== "string" && (typeof within !== "object" || within === null))
    throw new TypeError(`${name}: expected within to be a text, an array or an object, got ${nameOf(within)}`);
  if ((typeof within === "string" || isLongText(within)) && within.length > maxChars) throw tooLong(name);
}

function* piecesOf(within: unknown): Generator<SourcePiece & { text: string }> {
  if (typeof within === "string" || isLongText(within)) yield* pieces(within, pieceChars);
  else
    for (const [at, value] of Object.entries(within as object)) {
      const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
      const key = Array.isArray(within) ? Number(at) : at;
      for (const piece of pieces(text, pieceChars)) yield { key, ...piece };
    }
}

function isLongText(value: unknown): value is PartText {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "matchAll" in value;
}

function tooLong(name: string): RangeError {
  return new RangeError(`${name}: within is too long: search a part of it, such as a slice`);
}

const pieceChars = 1_000;
// What MiniSearch gives a word of four letters at distance 1.
const swapWeight = 0.36;
// Some 45 bytes each: of 40 MB of English 4.5 million.
const maxPostings = 7_000_000;
// Vectors of 3,072 numbers take 12 KB each.
const maxEmbedded = 20_000;
const maxChars = 100_000_000;
