import { describe, expect, it } from "vitest";
import { InputError } from "../errors.ts";
import { cacheLaws } from "../testing/cache-laws.ts";
import type { CacheOptions } from "./cache-options.ts";
import { memoryCache } from "./memory.ts";

describe("memoryCache()", () => {
  for (const law of cacheLaws) it(law.name, () => law.holds(async () => memoryCache({ maxBytes: 1_000_000 })));

  it("memoryCache() drops what was used longest ago beyond maxBytes", async () => {
    const cache = memoryCache({ maxBytes: 3 * 2_200 });
    for (const key of ["a", "b", "c"]) await cache.set(key, "x".repeat(1_000));
    await cache.get("a");
    await cache.set("d", "x".repeat(1_000));
    const there = await Promise.all(["a", "b", "c", "d"].map((key) => cache.get(key)));
    expect(there.map((text) => text !== undefined)).toEqual([true, false, true, true]);
  });

  it("memoryCache() gives nothing that is older than ttlMs, however often it was used", async () => {
    let now = 1_000_000;
    const cache = memoryCache({ ttlMs: 1_000, now: () => now });
    await cache.set("key", "text");
    now += 999;
    expect(await cache.get("key")).toBe("text");
    now += 2;
    expect(await cache.get("key")).toBeUndefined();
  });

  it.each<[object, string]>([
    [{ maxBytes: 0 }, "Expected maxBytes of memoryCache to be an integer of 1 or more, got 0"],
    [{ ttlMs: 1.5 }, "Expected ttlMs of memoryCache to be an integer of 1 or more, or Infinity, got 1.5"],
    [{ namespace: 7 }, "Expected namespace of memoryCache to be a string, got number"],
    [{ ttl: 7 }, 'Unknown option "ttl" of memoryCache: expected one of maxBytes, ttlMs, namespace, now'],
  ])("memoryCache() refuses %o", (options, message) => {
    expect(() => memoryCache(options as CacheOptions)).toThrow(InputError);
    expect(() => memoryCache(options as CacheOptions)).toThrow(message);
  });
});
