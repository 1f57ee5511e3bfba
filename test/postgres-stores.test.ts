import { randomUUID } from "node:crypto";
import { storeLaws } from "rlm-core/testing";
import { postgresStore, type PostgresStore } from "rlm-core/stores/postgres";
import { postgres } from "rlm-langgraph/postgres";
import { Client, Pool } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { postgresPrograms, startPostgres, type PostgresServer } from "./postgres-server.ts";

const programs = postgresPrograms();

describe.skipIf(programs === undefined)(
  `postgresStore()${programs === undefined ? ": no Postgres on this machine" : ""}`,
  () => {
    let server: PostgresServer;
    let open: { close(): Promise<void> }[] = [];
    beforeAll(async () => {
      server = await startPostgres(programs ?? "");
    });
    afterEach(async () => {
      for (const { close } of open) await close();
      open = [];
    });
    afterAll(async () => await server.stop());

    for (const law of storeLaws) it(law.name, () => law.holds(async () => await opened(await newDatabase())));

    it("put() and get() keep a long text in parts, with half a pair too, and put() of it again writes nothing", async () => {
      const url = await newDatabase();
      const store = await opened(url);
      for (const text of [longText, `${longText}\ud83c`]) {
        const [ref] = await Promise.all([store.put(text), store.put(text)]);
        expect((await store.get(ref)) === text).toBe(true);
      }
      await store.put("short");
      // xmin names the transaction that wrote a row.
      const written = "SELECT ref, part, xmin FROM rlm_texts ORDER BY ref, part";
      const before = await query(url, written);
      expect(before).toHaveLength(5);
      await store.put(longText);
      await store.put("short");
      expect(await query(url, written)).toEqual(before);
    });

    it("many stores make the tables of one database at once", async () => {
      const url = await newDatabase();
      const made = await Promise.all(Array.from({ length: 6 }, async () => await postgres(url)));
      open.push(...made);
      await Promise.all(made.map(async ({ store }, index) => await store.append("log", index)));
      expect((await made[0]?.store.read("log"))?.length).toBe(6);
    });

    it("postgres() shares a pool of one connection that stays its caller's", async () => {
      const pool = new Pool({ connectionString: await newDatabase(), max: 1 });
      const { store, checkpointer, close } = await postgres(pool);
      await store.append("log", 1);
      expect(await checkpointer.getTuple({ configurable: { thread_id: "a" } })).toBeUndefined();
      await close();
      expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
      await pool.end();
    });

    it("a server that is gone makes each an RlmError that says so, and what resolved is there when it is back", async () => {
      const { store, checkpointer, close } = await postgres(await newDatabase());
      open.push({ close });
      const thread = { configurable: { thread_id: "a" } };
      const ref = await store.put("text");
      await store.append("log", 1);
      await server.kill();
      const asked = [store.put("x"), store.get(ref), store.append("log", 2), checkpointer.getTuple(thread)];
      for (const outcome of await Promise.allSettled(asked))
        expect(outcome).toMatchObject({
          reason: { code: "store", message: expect.stringMatching(/^Cannot .* in Postgres: the server is gone/) },
        });
      await expect(postgresStore({ connectionString: server.url() })).rejects.toMatchObject({ code: "bad-input" });
      await server.start();
      await store.append("log", 3);
      expect(await store.read("log")).toEqual([1, 3]);
      expect(await store.get(ref)).toBe("text");
    });

    it("postgresStore() of what is no database is an InputError", async () => {
      for (const place of [{ connectionString: "" }, { connectionString: server.url("missing") }])
        await expect(postgresStore(place)).rejects.toMatchObject({ code: "bad-input" });
    });

    async function opened(url: string): Promise<PostgresStore> {
      const store = await postgresStore({ connectionString: url });
      open.push(store);
      return store;
    }

    async function newDatabase(): Promise<string> {
      const name = `t_${randomUUID().replaceAll("-", "")}`;
      await query(server.url(), `CREATE DATABASE ${name}`);
      return server.url(name);
    }
  },
);

const longText = `${"판문점 🌏 ".repeat(262_144)}${"x".repeat(1_048_576)}`;

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
