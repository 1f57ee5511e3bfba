import { expect, it } from "vitest";
import { fileRef } from "./file-ref.ts";
import { canonicalJson, hashCall } from "./hash.ts";

const call = { kind: "llm", prompt: "p", options: { model: "m", schema: { type: "string", title: "t" } } } as const;

it("hashCall() does not depend on the order of keys", () => {
  expect(hashCall({ options: { schema: { title: "t", type: "string" }, model: "m" }, prompt: "p", kind: "llm" })).toBe(
    hashCall(call),
  );
});

it.each([
  { kind: "rlm" as const },
  { name: "n" },
  { prompt: "q" },
  { context: { text: "c", json: false } },
  { options: {} },
])("hashCall() tells calls apart by %o", (change) => {
  expect(hashCall({ ...call, ...change })).not.toBe(hashCall(call));
});

it("hashCall() tells half surrogate pairs apart", () => {
  expect(hashCall({ ...call, prompt: "\ud800" })).not.toBe(hashCall({ ...call, prompt: "\ud801" }));
});

it("canonicalJson() keeps a key named __proto__", () => {
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":2}'))).toBe('{"__proto__":2,"b":1}');
});

it("hashCall() tells apart how the bytes of a file are read, and not where they are", () => {
  const hashOf = (more: Partial<Parameters<typeof fileRef>[0]>): string =>
    hashCall({ ...call, context: { ref: fileRef({ path: "/a", size: 9, sha256: "00", ...more }), length: 9 } });
  const all = [{}, { view: "csv" as const }, { view: "jsonl" as const }, { encoding: "latin1" as const }];
  expect(new Set(all.map(hashOf)).size).toBe(4);
  expect(hashOf({ path: "/b" })).toBe(hashOf({}));
});
