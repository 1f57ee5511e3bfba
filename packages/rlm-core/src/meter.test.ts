import { describe, expect, it } from "vitest";
import { createMeter } from "./meter.ts";
import { noUsage } from "./usage.ts";

describe("createMeter()", () => {
  it("createMeter() goes on from what its session spent before, and adds only what is new to its parent's", () => {
    let now = 0;
    const clock = { now: () => now };
    const parent = createMeter(clock);
    const meter = createMeter({ ...clock, parent, spent: { ...noUsage, calls: 3, inputTokens: 30, activeMs: 500 } });
    now = 100;
    meter.add({ model: "m", usage: { inputTokens: 1, outputTokens: 2 }, costUsd: 0 });
    expect(meter.usage()).toMatchObject({ calls: 4, inputTokens: 31, outputTokens: 2, activeMs: 600 });
    expect(parent.usage()).toMatchObject({ calls: 1, inputTokens: 1, activeMs: 100 });
    expect(noUsage.calls).toBe(0);
  });
});
