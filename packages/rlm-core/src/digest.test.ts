import { expect, it } from "vitest";
import { digestAfter, initialDigest, withoutRolledBack } from "./digest.ts";
import type { JournalEvent } from "./journal.ts";

const context = { name: "context", kind: "string", length: 1, ref: "sha256:aa", prefix: "a" } as const;
const block: JournalEvent = { type: "block", code: "1", clock: 5 };
const result: JournalEvent = { type: "result", id: 1, hash: "h", ok: true, ref: "sha256:bb", json: false, delivery: 1 };
const end: JournalEvent = { type: "end", output: { text: "", chars: 0 }, computeMs: 1 };

it("initialDigest() tells seeds and contexts apart", () => {
  const digests = [
    initialDigest({ seed: 1, contexts: [] }),
    initialDigest({ seed: 2, contexts: [] }),
    initialDigest({ seed: 1, contexts: [context] }),
  ];
  expect(new Set(digests).size).toBe(3);
});

it("initialDigest() does not depend on a context's prefix or length, which follow from its reference", () => {
  expect(initialDigest({ seed: 1, contexts: [{ ...context, prefix: "" }] })).toBe(
    initialDigest({ seed: 1, contexts: [context] }),
  );
});

it.each([
  ["code", { ...block, code: "2" }],
  ["clock", { ...block, clock: 6 }],
])("digestAfter() tells blocks of another %s apart", (_name, other) => {
  expect(digestAfter("d", other)).not.toBe(digestAfter("d", block));
});

it.each([{ id: 2 }, { hash: "i" }, { ok: false }, { ref: "sha256:cc" }, { json: true }])(
  "digestAfter() tells results apart by %o",
  (change) => {
    expect(digestAfter("d", { ...result, ...change })).not.toBe(digestAfter("d", result));
  },
);

it("digestAfter() depends on the order of results", () => {
  const other = { ...result, id: 2 };
  expect(digestAfter(digestAfter("d", result), other)).not.toBe(digestAfter(digestAfter("d", other), result));
});

it("digestAfter() leaves out calls, ends, and what delivery number a result has", () => {
  expect(digestAfter("d", { type: "call", id: 1, kind: "llm", hash: "h" })).toBe("d");
  expect(digestAfter("d", end)).toBe("d");
  expect(digestAfter("d", { ...result, delivery: 9 })).toBe(digestAfter("d", result));
});

it("withoutRolledBack() drops a rolled-back block with its results and keeps the others", () => {
  const lost: JournalEvent[] = [{ ...block, code: "lost" }, result, { ...end, rolledBack: true }];
  expect(withoutRolledBack([block, end, ...lost, block, end])).toEqual([block, end, block, end]);
});
