import { describe, expect, it } from "vitest";
import { storeLaws } from "../testing/store-laws.ts";
import { memoryStore } from "./memory.ts";

describe("memoryStore()", () => {
  for (const law of storeLaws) it(law.name, () => law.holds(async () => memoryStore()));

  it("memoryStore() says that it does not outlive the process", () => {
    expect(memoryStore().durable).toBe(false);
  });
});
