import { checkOptions, nameOf } from "../check-options.ts";
import { createIndexes, eachPassage, tooLong, type Passage } from "./indexes.ts";
import { cosine, createVectors, type EmbedTool } from "./vectors.ts";
import { queryWords, swapped } from "./words.ts";

/** What a search found: `score` is BM25+ of MiniSearch, comparable within one search alone. */
export interface Hit extends Passage {
  score: number;
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

/** Keeps the indexes of the texts that were searched last. */
export function createSearchLibrary(): SearchLibrary {
  const indexes = createIndexes();
  const vectors = createVectors();
  return {
    options,
    check,
    semantic: async (query, within, max, embed, argumentChars) => {
      check("semantic", query, max);
      checkWithin("search.semantic", within);
      const found: Passage[] = [];
      for (const passage of eachPassage(within, "search.semantic"))
        if (found.push(passage) > maxEmbedded) throw tooLong("search.semantic");
      const texts = [query, ...found.map(({ text }) => text)];
      const [asked = new Float32Array(), ...others] = await vectors(texts, embed, argumentChars);
      return found
        .map((piece, at) => ({ ...piece, score: cosine(asked, others[at] ?? asked) }))
        .toSorted((a, b) => b.score - a.score)
        .slice(0, max)
        .map((hit) => ({ ...hit, score: Math.round(hit.score * 1_000) / 1_000 }));
    },
    builds: () => indexes.builds(),
    search: (kind, query, within, max) => {
      const name = `search.${kind}`;
      check(kind, query, max);
      checkWithin(name, within);
      const { index, passages } = indexes.of(within, name);
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
          const passage = passages[Number(id)];
          return passage === undefined ? [] : [{ ...passage, score: Math.round(score * 1_000) / 1_000 }];
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
}

// What MiniSearch gives a word of four letters at distance 1.
const swapWeight = 0.36;
// Vectors of 3,072 numbers take 12 KB each.
const maxEmbedded = 20_000;
