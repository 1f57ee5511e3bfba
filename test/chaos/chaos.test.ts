import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { survive } from "./survive.ts";

// A sample; chaos.long.test.ts has forty kills of each database.
describe("a run that is killed and goes on in another process", () => {
  it("rlm.invoke(null) over SQLite answers as if undisturbed and asks nothing again that is recorded", async () => {
    const fallen = await survive(3, 1, (folder) => ({ driver: "sqlite", place: join(folder, "runs.sqlite") }));
    expect(fallen).toBe(3);
  });
});
