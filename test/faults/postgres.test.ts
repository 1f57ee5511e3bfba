import type { EventEmitter } from "node:events";
import { isolate } from "rlm-core";
import { postgresPool } from "rlm-core/stores/postgres";
import { createRlm } from "rlm-langgraph";
import { postgres } from "rlm-langgraph/postgres";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { postgresPrograms, startPostgres, type PostgresServer } from "../postgres-server.ts";
import { answer, context, everything, jobModel, limits, onRecorded, query } from "./job.ts";

const programs = postgresPrograms();
const gone =
  /^Cannot .* in Postgres: the server is gone or does not answer; this is kept as a whole if only its answer was lost, else not at all, and all that was kept before is whole; see that it runs, then go on/;

describe.skipIf(programs === undefined)(
  `a run whose Postgres goes away${programs === undefined ? " (skipped: no Postgres on this machine)" : ""}`,
  () => {
    let server: PostgresServer;
    const sandbox = isolate({ warm: 0 });
    beforeAll(async () => {
      server = await startPostgres(programs ?? "");
    });
    afterAll(async () => {
      await sandbox.close();
      await server?.stop();
    });

    /** Runs the job until `strike` has made it fail, then goes on with it when `lift` is done. */
    async function cutAndGoOn(thread_id: string, strike: () => Promise<void>, lift: () => Promise<void>) {
      const { store, checkpointer, close } = await postgres(server.url());
      const recorded = new Set<string>();
      const repeated: string[] = [];
      const asked = new Set<string>();
      let count = 0;
      const model = jobModel(async (name) => {
        if (recorded.has(name)) repeated.push(name);
        asked.add(name);
        if (++count === 6) await strike();
      });
      const onEvent = onRecorded((name) => recorded.add(name));
      const rlm = createRlm({ model, sandbox, limits, store, checkpointer, onEvent });
      const thread = { configurable: { thread_id } };
      await expect(rlm.invoke({ query, context }, thread)).rejects.toMatchObject({
        code: "store",
        message: expect.stringMatching(gone),
      });
      await lift();
      const result = await rlm.invoke(null, thread);
      expect([repeated, [...asked].toSorted()]).toEqual([[], everything]);
      await close();
      return result;
    }

    it("rlm.invoke(null) goes on after the connection that was writing was terminated", async () => {
      const admin = new Client({ connectionString: server.url() });
      await admin.connect();
      const blocked = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid <> pg_backend_pid()";
      const terminated = Promise.withResolvers<void>();
      const result = await cutAndGoOn(
        "terminated",
        async () => {
          await admin.query("BEGIN; LOCK TABLE rlm_logs IN EXCLUSIVE MODE");
          const ending = vi.waitFor(
            async () => {
              const { rows } = await admin.query<{ pid: number }>(blocked);
              expect(rows.length).toBeGreaterThan(0);
              for (const { pid } of rows) await admin.query("SELECT pg_terminate_backend($1)", [pid]);
            },
            { timeout: 10_000, interval: 5 },
          );
          // The others that wait go on: one connection is lost.
          ending.then(async () => await admin.query("ROLLBACK")).then(() => terminated.resolve(), terminated.reject);
        },
        async () => await terminated.promise,
      );
      expect(result).toMatchObject({ answer, status: "final" });
      await admin.end();
    });

    it("rlm.invoke(null) goes on after the server was killed and started again", async () => {
      const result = await cutAndGoOn(
        "killed",
        async () => await server.kill(),
        async () => await server.start(),
      );
      expect(result).toMatchObject({ answer, status: "final" });
    });

    it("postgresPool() hears of a connection that is lost between two queries, and the program goes on", async () => {
      const { pool, close } = await postgresPool({ connectionString: server.url() });
      const client = await pool.connect();
      const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
      const ended = new Promise((resolve) => (client as unknown as EventEmitter).once("end", resolve));
      await pool.query("SELECT pg_terminate_backend($1)", [rows[0]?.["pid"]]);
      // Nobody asks it anything: an error that nobody hears would end this process.
      await ended;
      await expect(client.query("SELECT 1")).rejects.toThrow();
      client.release(true);
      expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
      await close();
    });

    it("append() to a log whose key is longer than an index of Postgres may hold says so, and keeps nothing", async () => {
      const { store, close } = await postgres(server.url());
      const key = Array.from({ length: 10_000 }, (_, at) => `${(at * 7919) % 10_007}`).join("/");
      await expect(store.append(key, 1)).rejects.toMatchObject({
        code: "store",
        message: expect.stringMatching(/: it is longer than Postgres takes; nothing of this is kept/),
      });
      expect([await store.read(key), await store.list(key.slice(0, 5_000))]).toEqual([[], []]);
      await close();
    });
  },
);
