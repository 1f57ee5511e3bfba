import { assert, asyncProperty } from "fast-check";
import { it } from "vitest";
import { lives } from "./lives.ts";
import { found, scenarios } from "./scenario.ts";

// A sample; crossing.long.test.ts has more.
it("a thread of questions, persons, kills, compactions and forks asks nothing twice, and replays", async () => {
  await assert(asyncProperty(scenarios, lives), { seed: 1, numRuns: 40, examples: found.map((one) => [one]) });
});
