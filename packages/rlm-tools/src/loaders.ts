export { load } from "./loaders/load.ts";
export type { Loaded, LoadedDocument, LoadOptions, UnreadFile } from "./loaders/loaded.ts";
export type { DocumentKind } from "./loaders/document-kind.ts";
export { UnreadError, type UnreadReason } from "./loaders/unread.ts";
