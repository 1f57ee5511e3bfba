import assert from "node:assert/strict";
import { InputError, RlmError } from "../errors.ts";
import { sha256 } from "../hash.ts";
import type { RunStore } from "../store.ts";

/** One promise of the run store; `open` gives a store that is empty. */
export interface StoreLaw {
  name: string;
  holds(open: () => Promise<RunStore>): Promise<void>;
}

/** What every {@link RunStore} keeps: `for (const law of storeLaws) it(law.name, () => law.holds(open))`. */
export const storeLaws: readonly StoreLaw[] = [
  {
    name: "put() refers to a text by the hash of its UTF-8 bytes, and get() gives it back",
    async holds(open) {
      const store = await open();
      for (const text of ["", "plain", "판문점 🌏\r\n\0\u2028", "\ufeffwith a mark", "x".repeat(100_000)]) {
        const ref = await store.put(text);
        assert.equal(ref, `sha256:${sha256(text)}`);
        assert.equal(await store.put(text), ref);
        assert.equal(await store.get(ref), text);
      }
    },
  },
  {
    name: "put() keeps texts with half a surrogate pair apart and whole",
    async holds(open) {
      const store = await open();
      const texts = ["a\ud83c", "a\ud83d", "a\ufffd", "\udf0f end"];
      const refs = await Promise.all(texts.map((text) => store.put(text)));
      assert.equal(new Set(refs).size, texts.length);
      assert.deepEqual(await Promise.all(refs.map((ref) => store.get(ref))), texts);
    },
  },
  {
    name: "put() of the same text from many callers at once gives one reference",
    async holds(open) {
      const store = await open();
      const refs = await Promise.all(Array.from({ length: 20 }, () => store.put("shared text")));
      assert.equal(new Set(refs).size, 1);
      assert.equal(await store.get(refs[0] ?? ""), "shared text");
    },
  },
  {
    name: "get() of an unknown or malformed reference is an RlmError with code store",
    async holds(open) {
      const store = await open();
      await store.put("there");
      for (const ref of [`sha256:${sha256("not there")}`, "sha256:../../etc/passwd", "there", ""]) {
        await assert.rejects(store.get(ref), (error) => error instanceof RlmError && error.code === "store");
      }
    },
  },
  {
    name: "read() gives a log's entries in the order of their appends, also of those not awaited",
    async holds(open) {
      const store = await open();
      const entries = Array.from({ length: 100 }, (_, index) => ({
        index,
        text: "line\nbreak \u2028 and 🌏",
        nothing: null,
      }));
      await Promise.all(entries.map((entry) => store.append("run/wal", entry)));
      assert.deepEqual(await store.read("run/wal"), entries);
      assert.deepEqual(await store.read("run"), []);
    },
  },
  {
    name: "append() and read() share no objects with their caller",
    async holds(open) {
      const store = await open();
      const entry = { list: [1] };
      await store.append("log", entry);
      entry.list.push(2);
      const [first] = (await store.read("log")) as { list: number[] }[];
      assert.deepEqual(first, { list: [1] });
      first?.list.push(3);
      assert.deepEqual(await store.read("log"), [{ list: [1] }]);
    },
  },
  {
    name: "append() of what JSON cannot hold is an InputError and leaves the log as it was",
    async holds(open) {
      const store = await open();
      const cyclic: { self?: unknown } = {};
      cyclic.self = cyclic;
      await store.append("log", 1);
      for (const entry of [undefined, cyclic, { big: 1n }, () => 1])
        await assert.rejects(store.append("log", entry), InputError);
      assert.deepEqual(await store.read("log"), [1]);
    },
  },
  {
    name: "list() gives exactly the keys with a prefix, sorted, whatever characters they have",
    async holds(open) {
      const store = await open();
      const keys = [
        "a",
        "A",
        "a/b",
        "a/b/c",
        "a%2fb",
        "../a",
        "..",
        "a.jsonl",
        'a b:*?"<>|\\',
        "판문점",
        "k".repeat(600),
        "",
      ].sort();
      for (const key of keys) await store.append(key, key);
      for (const key of keys) assert.deepEqual(await store.read(key), [key]);
      assert.deepEqual(await store.list(""), keys);
      assert.deepEqual(await store.list("a/"), ["a/b", "a/b/c"]);
      assert.deepEqual(await store.list("none"), []);
    },
  },
  {
    name: "delete() removes one log and is no error where there is none",
    async holds(open) {
      const store = await open();
      const ref = await store.put("text");
      await store.append("a", 1);
      await store.append("a/b", 2);
      await store.delete("a");
      await store.delete("never");
      assert.deepEqual(await store.list(""), ["a/b"]);
      assert.deepEqual(await store.read("a"), []);
      await store.append("a", 3);
      assert.deepEqual(await store.read("a"), [3]);
      assert.equal(await store.get(ref), "text");
    },
  },
];
