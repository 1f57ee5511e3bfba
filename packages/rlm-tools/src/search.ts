import type { Kit, KitScope } from "rlm-core";
import { libraryText } from "./libraries.ts";
import type { Hit, SearchLibrary, SearchOptions } from "./search/search-library.ts";

/** The kit that finds passages by words: `search.bm25` and `search.fuzzy` in the REPL. Its index is built once for a text. */
export const search: Kit = {
  name: "search",
  functions: {
    bm25: {
      signature: "(query: string, { within = context, max = 10 }?) => { key?, start, end, score, text }[]",
      description: "finds the passages of some 1,000 characters that fit the words best, best first.",
      example: 'print(search.bm25("tide", { within: ["The tide rose.", "A dog."] }));',
      run(this: KitScope, query: string, { within = this.repl.context, max = 10 }: SearchOptions = {}): Hit[] {
        return (this.library("search") as SearchLibrary).search("bm25", query, within, max);
      },
    },
    fuzzy: {
      signature: "(query: string, { within = context, max = 10 }?) => { key?, start, end, score, text }[]",
      description: "as bm25, and words that are spelt nearly so: typing mistakes, OCR, names.",
      example: 'print(search.fuzzy("Ahaab", { within: ["Captain Ahab", "A dog."] }));',
      run(this: KitScope, query: string, { within = this.repl.context, max = 10 }: SearchOptions = {}): Hit[] {
        return (this.library("search") as SearchLibrary).search("fuzzy", query, within, max);
      },
    },
  },
  get libraries() {
    return { search: libraryText("search") };
  },
};
