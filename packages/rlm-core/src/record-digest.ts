import { canonicalJson, sha256 } from "./hash.ts";
import type { JournalEvent } from "./journal.ts";
import type { JsonSchema } from "./json-schema.ts";

/** What a trajectory tells of a session: all that its digest is over. `contexts`: with hashes instead of references, for files are elsewhere elsewhere. */
export interface SessionRecord {
  query: string;
  contexts: readonly { name: string; kind: string; hash: string }[];
  responseFormat?: JsonSchema | undefined;
  cite?: true | undefined;
  seed: number;
  journal: readonly JournalEvent[];
}

/**
 * One hash over a whole session as it is recorded, told with its end: whoever changes, drops or swaps an event without
 * that is found out, also where the code would come to the same.
 */
export function recordDigest({ query, contexts, responseFormat, cite, seed, journal }: SessionRecord): string {
  const places = contexts.map(({ name, kind, hash }) => [name, kind, hash]);
  return sha256(
    canonicalJson(["rlm-record-1", query, places, responseFormat ?? null, seed, journal, ...(cite ? ["cite"] : [])]),
  );
}
