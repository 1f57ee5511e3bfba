import { InputError } from "rlm-core";
import { openSqlite, sqliteStore, type SqliteOptions } from "rlm-core/stores/sqlite";
import { notInstalled, type Persistence } from "./persistence.ts";
import { sqliteShim } from "./sqlite-shim.ts";

export type { Persistence } from "./persistence.ts";
export type { SqliteOptions } from "rlm-core/stores/sqlite";

/**
 * Texts, logs and checkpoints of runs in one SQLite database, by node:sqlite: nothing native is built. It is made if it
 * is not there, a file that only its owner can read; several processes may use it at once.
 * Throws {@link InputError} for a path that cannot be a database, or if @langchain/langgraph-checkpoint-sqlite is not installed.
 */
export async function sqlite(path: string, options: SqliteOptions = {}): Promise<Persistence> {
  const { SqliteSaver } = await import("@langchain/langgraph-checkpoint-sqlite").catch((cause: unknown) => {
    throw notInstalled("rlm-langgraph/sqlite", "@langchain/langgraph-checkpoint-sqlite", cause);
  });
  const database = openSqlite(path, options);
  try {
    const checkpointer = new SqliteSaver(sqliteShim(database));
    // It makes its tables when it is first asked for something.
    await checkpointer.getTuple({ configurable: { thread_id: "" } });
    const store = sqliteStore(database);
    return { store, checkpointer, close: store.close };
  } catch (cause) {
    database.close();
    throw new InputError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
