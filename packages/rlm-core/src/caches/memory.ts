import { LRUCache } from "lru-cache";
import type { SubCallCache } from "../cache.ts";
import { resolveCacheOptions, type CacheOptions } from "./cache-options.ts";

/** A cache of sub-calls that lives as long as the process; for as many runs as share it. Throws InputError for options that cannot be. */
export function memoryCache(options: CacheOptions = {}): SubCallCache {
  const { maxBytes, ttlMs, namespace, now } = resolveCacheOptions(options, "memoryCache", { maxBytes: 64_000_000 });
  const entries = new LRUCache<string, string>({
    maxSize: maxBytes,
    // As V8 keeps them, and what an entry costs beside its text.
    sizeCalculation: (text, key) => 2 * (text.length + key.length) + 100,
    ttl: ttlMs === Infinity ? 0 : ttlMs,
    ttlResolution: 0,
    perf: { now },
  });
  return {
    namespace,
    get: async (key) => entries.get(key),
    async set(key, text) {
      entries.set(key, text);
    },
  };
}
