import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { survive } from "./survive.ts";

// A sample; chaos.long.test.ts has forty kills of each way.
describe("a run that is killed and goes on in another process", { timeout: 180_000 }, () => {
  it("rlm.invoke(null) over SQLite answers as if undisturbed and asks nothing again that is recorded", async () => {
    const fallen = await survive(3, 1, (folder) => ({ driver: "sqlite", place: join(folder, "runs.sqlite") }));
    expect(fallen).toBe(3);
  });

  it("resumeRlm() does the same from a trajectory, also from one that ends in the middle of a line", async () => {
    const fallen = await survive(3, 1, (folder) => ({ driver: "loop", place: join(folder, "trajectory.jsonl") }));
    expect(fallen).toBe(3);
  });
});
