import MiniSearch from "minisearch";
import { pieces, type SourcePiece } from "./pieces.ts";
import { areSame, sourcesOf, type Source } from "./sources.ts";
import { words } from "./words.ts";

export interface Passage extends SourcePiece {
  text: string;
}

export interface TextIndex {
  /** By the ids of the index. */
  passages: Passage[];
  index: MiniSearch;
}

export interface Indexes {
  /** The index of the texts in `within`; `name` is of the function that searches. Throws RangeError where they are too long. */
  of(within: unknown, name: string): TextIndex;
  /** Indexes that were built so far. */
  builds(): number;
}

interface Kept extends TextIndex {
  sources: Source[];
  chars: number;
  /** Memory in postings. */
  size: number;
}

export interface Bounds {
  kept: number;
  /** Of the texts of all that is kept, or of one alone. */
  chars: number;
  postings: number;
}

/** Keeps the indexes that were used last, and no more of them than one alone may take. */
export function createIndexes(bounds: Bounds = usualBounds): Indexes {
  // The one that was used last is the last.
  const kept: Kept[] = [];
  let builds = 0;

  const makeRoom = (chars: number, size: number): void => {
    const sum = (of: "chars" | "size"): number => kept.reduce((all, one) => all + one[of], 0);
    const fits = (): boolean =>
      kept.length < bounds.kept && sum("chars") + chars <= bounds.chars && sum("size") + size <= bounds.postings;
    while (kept.length > 0 && !fits()) kept.shift();
  };

  const build = (sources: Source[], name: string): Kept => {
    const chars = sources.reduce((sum, { text }) => sum + text.length, 0);
    const passages: Passage[] = [];
    // Cut once, to be counted and indexed.
    let cut: string[] = [];
    const index = new MiniSearch({ fields: ["text"], tokenize: () => cut, processTerm: (word) => word });
    let postings = 0;
    for (const passage of passagesOf(sources)) {
      cut = words(passage.text);
      postings += new Set(cut).size;
      if (postings > bounds.postings) throw tooLong(name);
      index.add({ id: passages.length, text: passage.text });
      if (passages.push(passage) % 1_000 === 1) makeRoom(chars, postings + passages.length * passagePostings);
    }
    // Counting the words takes as long as there are many, so it is done once.
    const size = postings + passages.length * passagePostings + index.termCount * wordPostings;
    makeRoom(chars, size);
    builds++;
    return { sources, passages, index, chars, size };
  };

  return {
    of: (within, name) => {
      const sources = [...sourcesOf(within, bounds.chars, () => tooLong(name))];
      const at = kept.findIndex((one) => areSame(one.sources, sources));
      const [found = build(sources, name)] = at < 0 ? [] : kept.splice(at, 1);
      kept.push(found);
      return found;
    },
    builds: () => builds,
  };
}

/** Every passage of what a search goes through, as it is read. */
export function* eachPassage(within: unknown, name: string): Generator<Passage> {
  yield* passagesOf(sourcesOf(within, usualBounds.chars, () => tooLong(name)));
}

export function tooLong(name: string): RangeError {
  return new RangeError(`${name}: within is too long: search a part of it, such as a slice`);
}

function* passagesOf(sources: Iterable<Source>): Generator<Passage> {
  for (const { key, text } of sources)
    for (const piece of pieces(text, pieceChars)) yield key === undefined ? piece : { key, ...piece };
}

const pieceChars = 1_000;
// Of postings, some 45 bytes each, 40 MB of English have 4.5 million.
const usualBounds: Bounds = { kept: 4, chars: 100_000_000, postings: 7_000_000 };
// What a passage and a word take beside, some 420 and 550 bytes, in postings.
const passagePostings = 9;
const wordPostings = 12;
