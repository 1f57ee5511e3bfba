import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresPrograms, startPostgres, type PostgresServer } from "../postgres-server.ts";
import { survive } from "./survive.ts";

const seed = Number(process.env["CHAOS_SEED"] ?? 2);
const kills = Number(process.env["CHAOS_KILLS"] ?? 40);
const programs = postgresPrograms();

describe(`a run that is killed ${kills} times and goes on in other processes`, () => {
  it("rlm.invoke(null) over SQLite answers as if undisturbed and asks nothing again that is recorded", async () => {
    const fallen = await survive(kills, seed, (folder) => ({ driver: "sqlite", place: join(folder, "runs.sqlite") }));
    expect(fallen).toBe(kills);
  });

  it("resumeRlm() does the same from a trajectory, also from one that ends in the middle of a line", async () => {
    const fallen = await survive(kills, seed, (folder) => ({
      driver: "loop",
      place: join(folder, "trajectory.jsonl"),
    }));
    expect(fallen).toBe(kills);
  });
});

const where = programs === undefined ? " (skipped: no Postgres on this machine)" : "";
describe.skipIf(programs === undefined)(`the same over Postgres${where}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    if (programs !== undefined) server = await startPostgres(programs);
  });
  afterAll(() => server?.stop());

  it("rlm.invoke(null) over Postgres answers as if undisturbed and asks nothing again that is recorded", async () => {
    const fallen = await survive(kills, seed, () => ({ driver: "postgres", place: server.url() }));
    expect(fallen).toBe(kills);
  });
});
