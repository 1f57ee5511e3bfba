import { assert } from "fast-check";
import { describe, it } from "vitest";
import { fuzzed, soupIsRefusedOrParsable, splitEqualsWhole } from "./testing/fuzz/properties.ts";

const runs = Number(process.env["FUZZ_RUNS"] ?? 5_000);

describe("rewrite() on thousands of random programs", () => {
  it("gives blocks that do what the whole program does", async () => {
    await assert(splitEqualsWhole, fuzzed(runs));
  });

  it("refuses random tokens or gives scripts that can be parsed", () => {
    assert(soupIsRefusedOrParsable, fuzzed(20 * runs));
  });
});
