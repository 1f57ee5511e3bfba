/**
 * Where a run keeps texts (by content) and logs (by key). State holds references into it, never texts.
 * Entries and texts are plain JSON data and strings; implementations copy nothing that a caller could change later.
 */
export interface RunStore {
  /** Keeps a text and returns its reference, `sha256:<hex>` of its UTF-8 bytes; the same text gives the same reference. */
  put(text: string): Promise<string>;
  /** The text of a reference. Throws {@link RlmError} with code "store" if it is not there or is not what its reference says. */
  get(ref: string): Promise<string>;
  /** What `get` gives, in pieces, where a store can read a long text so; that it is not what its reference says may show after the last one. */
  stream?(ref: string): AsyncIterable<string>;
  /** Adds one entry to a write-ahead log; when it resolves the entry is kept. Appends to one key keep their order. */
  append(key: string, entry: unknown): Promise<void>;
  /** All entries of a log in order; an empty array where there is none. An entry cut off by a crash is left out. */
  read(key: string): Promise<unknown[]>;
  /** Keys of the logs that begin with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>;
  /** Removes a log; no error where there is none. */
  delete(key: string): Promise<void>;
  /** Whether it outlives the process. */
  readonly durable: boolean;
}
