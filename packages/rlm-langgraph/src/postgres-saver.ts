import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { postgresError, postgresLock, type PostgresPool } from "rlm-core/stores/postgres";

type SaverPool = ConstructorParameters<typeof PostgresSaver>[0];

/** A PostgresSaver whose tables are there, and whose errors are RlmErrors with code "store". */
export async function openSaver(Saver: typeof PostgresSaver, pool: PostgresPool): Promise<BaseCheckpointSaver> {
  class Checked extends Saver {
    override put: PostgresSaver["put"] = async (...args) => await attempt(saving, async () => await super.put(...args));
    override putWrites: PostgresSaver["putWrites"] = async (...args) =>
      await attempt(saving, async () => await super.putWrites(...args));
    override getTuple: PostgresSaver["getTuple"] = async (...args) =>
      await attempt(reading, async () => await super.getTuple(...args));
    override deleteThread: PostgresSaver["deleteThread"] = async (...args) =>
      await attempt("delete a thread", async () => await super.deleteThread(...args));
    override async *list(...args: Parameters<PostgresSaver["list"]>): ReturnType<PostgresSaver["list"]> {
      try {
        yield* super.list(...args);
      } catch (cause) {
        throw postgresError(reading, cause);
      }
    }
  }
  await withLock(pool, async (single) => await new Saver(single as SaverPool).setup());
  return new Checked(pool as SaverPool);
}

const saving = "save a checkpoint";
const reading = "read checkpoints";

/** Two that make the same tables at once fail: one waits for the other. All goes through one connection, for a pool may have no more. */
async function withLock(pool: PostgresPool, act: (single: PostgresPool) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let failed = true;
  try {
    await client.query("SELECT pg_advisory_lock($1)", [postgresLock]);
    const query = client.query.bind(client);
    await act({ ...pool, query, connect: async () => ({ query, release: () => {} }) });
    await client.query("SELECT pg_advisory_unlock($1)", [postgresLock]);
    failed = false;
  } finally {
    // The lock goes with the connection.
    client.release(failed);
  }
}

async function attempt<T>(action: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw postgresError(action, cause);
  }
}
