/**
 * Keeps what plain sub-calls gave, from run to run: text by a key, which is a hash of all that was asked. Any store of keys
 * and texts fits behind it, such as Redis. What it throws is a warning and a miss, and so is what takes it ten seconds.
 */
export interface SubCallCache {
  /** The text that was kept under a key; undefined where there is none, or none any more. */
  get(key: string): Promise<string | undefined>;
  /** Keeps a text in the place of an earlier one; one that it has no room for it may leave out. */
  set(key: string, text: string): Promise<void>;
  /** A part of every key: `{ ...cache, namespace }` is the same cache for somebody else, who sees nothing of the others. @default "" */
  readonly namespace?: string;
}
