import { sha256 } from "../hash.ts";

/** What a file of a cache holds. `savedAt`: milliseconds since 1970. */
export interface CacheEntry {
  key: string;
  text: string;
  savedAt: number;
}

/** An entry as the content of its file: a line with a hash of what follows, then JSON, which keeps every text as it is. */
export function encodeEntry(entry: CacheEntry): string {
  const json = JSON.stringify(entry);
  return `rlm-cache 1 ${sha256(json)}\n${json}`;
}

/** The entry of a file; undefined where it is damaged, or not that of this key. */
export function decodeEntry(content: string, key: string): CacheEntry | undefined {
  const end = content.indexOf("\n");
  const json = content.slice(end + 1);
  if (content.slice(0, Math.max(0, end)) !== `rlm-cache 1 ${sha256(json)}`) return undefined;
  const entry = JSON.parse(json) as CacheEntry;
  return entry.key === key ? entry : undefined;
}
