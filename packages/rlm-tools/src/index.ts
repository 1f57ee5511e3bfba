export { decompose } from "./decompose.ts";
export { integrate } from "./integrate.ts";
export type { ChunkOptions, Piece } from "./decompose/chunks.ts";
export type { Line } from "./decompose/lines.ts";
export type { Pack } from "./decompose/pack.ts";
export { libraryText } from "./libraries.ts";
export { createSearch, search, type CreateSearchOptions } from "./search.ts";
export type { Embed, SearchStore, StoredHit } from "./search/host-tools.ts";
export type { Hit } from "./search/search-library.ts";
