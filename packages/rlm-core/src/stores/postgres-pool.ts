import { InputError } from "../errors.ts";
import { postgresState } from "./postgres-error.ts";

/** What is used of a connection of pg. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  release(destroy?: boolean): void;
}

/** What is used of a `Pool` of pg. */
export interface PostgresPool {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  connect(): Promise<PostgresClient>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "acquire", listener: (client: PostgresListener) => void): unknown;
  end(): Promise<void>;
}

/** What a connection of pg tells of itself. */
interface PostgresListener {
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** Where a database is: its address, or a pool of pg that the caller made and ends. */
export type PostgresPlace = { connectionString: string } | PostgresPool;

/** A pool for a database, and how to give it back. Throws {@link InputError} for what is no place, or where pg is not installed. */
export async function postgresPool(place: PostgresPlace): Promise<{ pool: PostgresPool; close(): Promise<void> }> {
  if (isPool(place)) {
    listen(place);
    return { pool: place, close: async () => {} };
  }
  const connectionString: unknown = typeof place === "object" && place !== null ? place.connectionString : undefined;
  if (typeof connectionString !== "string" || connectionString === "")
    throw new InputError('Expected { connectionString: "postgres://…" } or a Pool of pg');
  const { Pool } = await import("pg").catch((cause: unknown) => {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
    const state = missing ? "the package pg is not installed; npm install pg" : String(cause);
    throw new InputError(`Cannot use Postgres: ${state}`, { cause });
  });
  // A server that no longer answers is an error at last, and a program that forgets close() still ends.
  const pool = new Pool({
    connectionString,
    connectionTimeoutMillis: 10_000,
    query_timeout: 60_000,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  listen(pool);
  let ended: Promise<void> | undefined;
  return { pool, close: async () => await (ended ??= pool.end()) };
}

/** All of it or nothing, on one connection. */
export async function inPostgresTransaction<T>(
  pool: PostgresPool,
  act: (client: PostgresClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let failed = true;
  try {
    await client.query("BEGIN");
    const result = await act(client);
    await client.query("COMMIT");
    failed = false;
    return result;
  } finally {
    // Without its connection the server rolls back, whatever state it was in.
    client.release(failed);
  }
}

/** Makes the tables where they are not there. Throws {@link InputError} if the database cannot be used. */
export async function makePostgresTables(pool: PostgresPool): Promise<void> {
  try {
    const { rows } = await pool.query("SELECT to_regclass('rlm_logs') IS NOT NULL AS made");
    if (rows[0]?.made === true) return;
    await inPostgresTransaction(pool, async (client) => {
      // Two that make the same table at once fail, also with IF NOT EXISTS.
      await client.query("SELECT pg_advisory_xact_lock($1)", [postgresLock]);
      await client.query(tables);
    });
  } catch (cause) {
    throw new InputError(`Cannot keep runs in Postgres: ${postgresState(cause)}`, { cause });
  }
}

/** Held while tables are made: "rlm" in ASCII. */
export const postgresLock = 0x72_6c_6d;

// Bytes, for TEXT takes no NUL and only what the database's encoding has.
const tables = `
  CREATE TABLE IF NOT EXISTS rlm_texts (
    ref text, part integer, bytes bytea NOT NULL, last boolean NOT NULL, PRIMARY KEY (ref, part));
  CREATE TABLE IF NOT EXISTS rlm_logs (id bigserial PRIMARY KEY, key bytea NOT NULL, entry bytea NOT NULL);
  CREATE INDEX IF NOT EXISTS rlm_logs_by_key ON rlm_logs (key, id);
`;

function isPool(place: PostgresPlace): place is PostgresPool {
  return typeof place === "object" && place !== null && "query" in place && "connect" in place;
}

/** A connection that breaks while it answers no query would end the process, in the pool or between two queries of a transaction; the next query tells of it. */
function listen(pool: PostgresPool): void {
  const heard = new WeakSet<PostgresListener>();
  pool.on("error", () => {});
  // The pool listens to those that it holds, and stops where it gives one out.
  pool.on("acquire", (client) => {
    if (heard.has(client)) return;
    heard.add(client);
    client.on("error", () => {});
  });
}
