import type { RunStore } from "../store.ts";
import { databaseStore } from "./database-store.ts";
import { postgresError } from "./postgres-error.ts";
import { postgresLogs } from "./postgres-logs.ts";
import { makePostgresTables, postgresPool, type PostgresPlace } from "./postgres-pool.ts";
import { postgresTexts } from "./postgres-texts.ts";

export { postgresError, postgresState } from "./postgres-error.ts";
export {
  postgresLock,
  postgresPool,
  type PostgresClient,
  type PostgresPlace,
  type PostgresPool,
} from "./postgres-pool.ts";

/** A run store in a Postgres database; `close()` ends its connections, not those of a pool that it was given. */
export interface PostgresStore extends RunStore {
  close(): Promise<void>;
}

/**
 * A run store in tables of a Postgres database, `rlm_texts` and `rlm_logs`, made if they are not there. Many processes on many machines
 * may use it at once. An append or put that was cut off by the loss of the server is there as a whole or not at all.
 * Needs the package pg. Throws {@link InputError} if that is not installed or the database cannot be used.
 */
export async function postgresStore(place: PostgresPlace): Promise<PostgresStore> {
  const { pool, close } = await postgresPool(place);
  try {
    await makePostgresTables(pool);
  } catch (error) {
    await close();
    throw error;
  }
  const store = databaseStore({
    place: () => "Postgres",
    texts: postgresTexts(pool),
    logs: postgresLogs(pool),
    failure: postgresError,
  });
  return { ...store, close };
}
