import { assert } from "fast-check";
import { describe, it } from "vitest";
import { fuzzed, soupIsRefusedOrParsable, splitEqualsWhole } from "./testing/fuzz/properties.ts";

// A sample; rewrite.fuzz.long.test.ts has more of the same.
describe("rewrite() on random programs", () => {
  it("gives blocks that do what the whole program does", async () => {
    await assert(splitEqualsWhole, fuzzed(1_000));
  });

  it("refuses random tokens or gives scripts that can be parsed", () => {
    assert(soupIsRefusedOrParsable, fuzzed(3_000));
  });
});
