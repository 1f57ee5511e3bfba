export { decompose } from "./decompose.ts";
export type { ChunkOptions, Piece } from "./decompose/chunks.ts";
export type { Line } from "./decompose/lines.ts";
export type { Pack } from "./decompose/pack.ts";
export { libraryText } from "./libraries.ts";
export { search } from "./search.ts";
