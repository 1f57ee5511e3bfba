import type { RunStore } from "../store.ts";
import { encodeEntry } from "./log-entry.ts";
import { postgresError } from "./postgres-error.ts";
import { postgresLogs } from "./postgres-logs.ts";
import { makePostgresTables, postgresPool, type PostgresPlace } from "./postgres-pool.ts";
import { postgresTexts } from "./postgres-texts.ts";
import { checkedPieces, wholeText } from "./text-pieces.ts";

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
  const texts = postgresTexts(pool);
  const logs = postgresLogs(pool);
  return {
    durable: true,
    put: async (text) => await attempt(`keep a text of ${text.length} characters`, async () => await texts.put(text)),
    get: async (ref) => await wholeText(read(ref)),
    stream: read,
    async append(key, entry) {
      const line = encodeEntry(key, entry);
      await attempt(`append to log "${key}"`, async () => await logs.append(key, line));
    },
    read: async (key) =>
      await attempt(`read log "${key}"`, async () => (await logs.read(key)).map((line): unknown => JSON.parse(line))),
    list: async (prefix) => await attempt("list logs", async () => await logs.list(prefix)),
    delete: async (key) => await attempt(`delete log "${key}"`, async () => await logs.remove(key)),
    close,
  };

  async function* read(ref: string): AsyncGenerator<string> {
    try {
      yield* checkedPieces(ref, "Postgres", texts.pieces(ref));
    } catch (cause) {
      throw postgresError(`read text ${ref}`, cause);
    }
  }
}

async function attempt<T>(action: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw postgresError(action, cause);
  }
}
