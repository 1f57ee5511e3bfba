import type { Kit, KitFunction, KitScope } from "rlm-core";
import { libraryText } from "./libraries.ts";
import { embedTool, storeTool, type Embed, type SearchStore } from "./search/host-tools.ts";
import type { Hit, SearchLibrary, SearchOptions } from "./search/search-library.ts";

export interface CreateSearchOptions {
  /** Adds `search.semantic`, which embeds each passage once a session. */
  embed?: Embed;
  /** Adds `search.store`, which finds documents of a vector store of yours. */
  store?: SearchStore;
}

const signature = "(query: string, { within = context, max = 10 }?) => { key?, start, end, score, text }[]";

const byWords: Record<string, KitFunction> = {
  bm25: {
    signature,
    description: "finds the passages of some 1,000 characters that fit the words best, best first.",
    example: 'print(search.bm25("tide", { within: ["The tide rose.", "A dog."] }));',
    run(this: KitScope, query: string, options: SearchOptions = {}): Hit[] {
      const library = this.library("search") as SearchLibrary;
      const { within = this.repl.context, max = 10 } = library.options("bm25", options);
      return library.search("bm25", query, within, max);
    },
  },
  fuzzy: {
    signature,
    description: "as bm25, and words that are spelt nearly so: typing mistakes, OCR, names.",
    example: 'print(search.fuzzy("Ahaab", { within: ["Captain Ahab", "A dog."] }));',
    run(this: KitScope, query: string, options: SearchOptions = {}): Hit[] {
      const library = this.library("search") as SearchLibrary;
      const { within = this.repl.context, max = 10 } = library.options("fuzzy", options);
      return library.search("fuzzy", query, within, max);
    },
  },
};

const semantic: KitFunction = {
  signature: "(query: string, { within = context, max = 10 }?) => Promise<{ key?, start, end, score, text }[]>",
  description: "finds the passages of some 1,000 characters nearest in meaning, best first; `score` is a cosine.",
  calls:
    "none of a model that answers; its embeddings: each passage once a session, in batches of 64 or what fits a prompt, and the query",
  example: 'print(await search.semantic("water", { within: ["The tide rose.", "A dog."] }));',
  async run(this: KitScope, query: string, options: SearchOptions = {}): Promise<Hit[]> {
    const library = this.library("search") as SearchLibrary;
    const { within = this.repl.context, max = 10 } = library.options("semantic", options);
    return await library.semantic(query, within, max, this.tool("embed"), this.repl.promptChars);
  },
};

const inStore: KitFunction = {
  signature: "(query: string, { max = 10 }?) => Promise<{ text, score, metadata? }[]>",
  description: "finds documents of the user's vector store, which is not the context, best first.",
  calls: "none of a model that answers; one search of the store, at most 50 a run",
  example: 'print(await search.store("water", { max: 1 }));',
  async run(this: KitScope, query: string, options: { max?: number } = {}): Promise<unknown> {
    const library = this.library("search") as SearchLibrary;
    const { max = 10 } = library.options("store", options);
    library.check("store", query, max);
    return await this.tool("store")({ query, max });
  },
};

/** The kit that finds passages by words, and by their meaning where it is given embeddings or a vector store. */
export function createSearch({ embed, store }: CreateSearchOptions = {}): Kit {
  return {
    name: "search",
    functions: { ...byWords, ...(embed && { semantic }), ...(store && { store: inStore }) },
    tools: [...(embed ? [embedTool(embed)] : []), ...(store ? [storeTool(store)] : [])],
    libraries: {
      get search() {
        return libraryText("search");
      },
    },
  };
}

/** The kit that finds passages by words: `search.bm25` and `search.fuzzy` in the REPL. The indexes of the last four texts or lists of texts are kept. */
export const search: Kit = createSearch();
