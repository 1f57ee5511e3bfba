import assert from "node:assert/strict";
import type { SubCallCache } from "../cache.ts";

/** One promise of the cache of sub-calls; `open` gives one that is empty and has room for a megabyte. */
export interface CacheLaw {
  name: string;
  holds(open: () => Promise<SubCallCache>): Promise<void>;
}

/** What every {@link SubCallCache} keeps: `for (const law of cacheLaws) it(law.name, () => law.holds(open))`. */
export const cacheLaws: readonly CacheLaw[] = [
  {
    name: "get() of a key that was never set is undefined",
    async holds(open) {
      const cache = await open();
      await cache.set("there", "text");
      for (const key of ["not there", "ther", "there/", "", "constructor", "__proto__"])
        assert.equal(await cache.get(key), undefined);
    },
  },
  {
    name: "get() gives what was set, character by character, as often as it is asked",
    async holds(open) {
      const cache = await open();
      for (const text of [
        "",
        "plain",
        "판문점 🌏\r\n\0\u2028",
        "\ufeffwith a mark",
        "half a\ud83c pair",
        "x".repeat(100_000),
      ]) {
        await cache.set("key", text);
        assert.equal(await cache.get("key"), text);
        assert.equal(await cache.get("key"), text);
      }
    },
  },
  {
    name: "set() keeps keys apart, whatever characters they have",
    async holds(open) {
      const cache = await open();
      const keys = ["a", "A", "a/b", "../a", "..", 'a b:*?"<>|\\', "판문점", "k".repeat(600), "", "__proto__"];
      for (const key of keys) await cache.set(key, `text of ${key}`);
      for (const key of keys) assert.equal(await cache.get(key), `text of ${key}`);
    },
  },
  {
    name: "set() of one key by many at once leaves one of the texts, whole, and every get() in between finds a whole one",
    async holds(open) {
      const cache = await open();
      const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(5_000));
      const seen = await Promise.all(
        texts.map(async (text) => {
          await cache.set("key", text);
          return await cache.get("key");
        }),
      );
      for (const text of [...seen, await cache.get("key")]) assert.ok(text !== undefined && texts.includes(text));
    },
  },
  {
    name: "set() of a text that is longer than all its room is no error",
    async holds(open) {
      const cache = await open();
      await cache.set("key", "x".repeat(5_000_000));
      await cache.set("other", "text");
      assert.equal(await cache.get("other"), "text");
    },
  },
];
