import { DatabaseSync } from "node:sqlite";
import type { RunStore } from "../store.ts";
import { databaseStore } from "./database-store.ts";
import { openSqlite, type SqliteOptions } from "./sqlite-database.ts";
import { sqliteError } from "./sqlite-error.ts";
import { sqliteLogs } from "./sqlite-logs.ts";
import { sqliteTexts } from "./sqlite-texts.ts";

export { inTransaction, openSqlite, type SqliteOptions } from "./sqlite-database.ts";
export { sqliteError } from "./sqlite-error.ts";

/** A run store in an SQLite database; `close()` gives the file back. */
export interface SqliteStore extends RunStore {
  close(): Promise<void>;
}

/**
 * A run store in an SQLite database, by node:sqlite: a file that only its owner can read, made if it is not there.
 * Several processes may use it at once. It outlives a crash of the process; of one of the machine it may lose the last
 * entries, never one before another. Takes a path, or a database that {@link openSqlite} opened, to share it.
 * Throws {@link InputError} for a path that cannot be a database.
 */
export function sqliteStore(path: string | DatabaseSync, options: SqliteOptions = {}): SqliteStore {
  const database = path instanceof DatabaseSync ? path : openSqlite(path, options);
  const store = databaseStore({
    place: () => database.location() ?? "memory",
    texts: sqliteTexts(database),
    logs: sqliteLogs(database),
    failure: (action, cause) => sqliteError(database, action, cause),
  });
  return {
    ...store,
    async close() {
      if (database.isOpen) database.close();
    },
  };
}
