import { assert, asyncProperty } from "fast-check";
import { it } from "vitest";
import { lives } from "./lives.ts";
import { scenarios } from "./scenario.ts";

const seed = Number(process.env["FUZZ_SEED"] ?? 2);
const numRuns = Number(process.env["FUZZ_RUNS"] ?? 500);

it(`${numRuns} threads of questions, persons, kills, compactions and forks ask nothing twice, and replay`, async () => {
  await assert(asyncProperty(scenarios, lives), { seed, numRuns });
});
