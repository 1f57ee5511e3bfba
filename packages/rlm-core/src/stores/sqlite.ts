import { DatabaseSync } from "node:sqlite";
import type { RunStore } from "../store.ts";
import { encodeEntry } from "./log-entry.ts";
import { openSqlite, type SqliteOptions } from "./sqlite-database.ts";
import { sqliteError } from "./sqlite-error.ts";
import { sqliteLogs } from "./sqlite-logs.ts";
import { sqliteTexts } from "./sqlite-texts.ts";
import { checkedPieces, wholeText } from "./text-pieces.ts";

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
  const texts = sqliteTexts(database);
  const logs = sqliteLogs(database);
  return {
    durable: true,
    put: async (text) => await attempt(`keep a text of ${text.length} characters`, async () => await texts.put(text)),
    get: async (ref) => await wholeText(read(ref)),
    stream: read,
    async append(key, entry) {
      const line = encodeEntry(key, entry);
      await attempt(`append to log "${key}"`, () => logs.append(key, line));
    },
    read: async (key) =>
      await attempt(`read log "${key}"`, () => logs.read(key).map((line): unknown => JSON.parse(line))),
    list: async (prefix) => await attempt("list logs", () => logs.list(prefix)),
    delete: async (key) => await attempt(`delete log "${key}"`, () => logs.remove(key)),
    async close() {
      if (database.isOpen) database.close();
    },
  };

  async function* read(ref: string): AsyncGenerator<string> {
    try {
      yield* checkedPieces(ref, database.location() ?? "memory", texts.pieces(ref));
    } catch (cause) {
      throw sqliteError(database, `read text ${ref}`, cause);
    }
  }

  async function attempt<T>(action: string, act: () => T | Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      throw sqliteError(database, action, cause);
    }
  }
}
