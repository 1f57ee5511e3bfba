import { accessSync, closeSync, constants, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { InputError } from "../errors.ts";
import { sqliteBusy, sqliteCode, sqliteState } from "./sqlite-error.ts";

export interface SqliteOptions {
  /** For how many milliseconds a write waits, and its process with it, while another process writes. @default 5_000 */
  busyMs?: number;
}

/**
 * Opens a database for {@link sqliteStore}, in WAL mode; a new one is a file that only its owner can read.
 * Throws {@link InputError} for a path that cannot be one.
 */
export function openSqlite(path: string, { busyMs = 5_000 }: SqliteOptions = {}): DatabaseSync {
  if (typeof path !== "string" || path === "")
    throw new InputError(`Expected the path of an SQLite database, got ${JSON.stringify(path)}`);
  if (!Number.isInteger(busyMs) || busyMs < 0 || busyMs >= 2 ** 31)
    throw new InputError(`Expected busyMs to be milliseconds from 0 to ${2 ** 31 - 1}, got ${String(busyMs)}`);
  const file = resolve(path);
  let database: DatabaseSync | undefined;
  try {
    makeFile(file);
    database = new DatabaseSync(file, { timeout: busyMs });
    toWal(database, busyMs);
    // Written to the file by every commit, but flushed to the disk only now and then: a killed process loses nothing, a
    // machine without power perhaps the last commits, but always from the end: no checkpoint is there without its texts.
    database.exec("PRAGMA synchronous = NORMAL");
    makeTables(database);
    return database;
  } catch (cause) {
    database?.close();
    throw new InputError(`Cannot keep runs in ${file}: ${sqliteState(cause)}`, { cause });
  }
}

function makeFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // Not opened if it is there: closing it would drop the locks that this process may have on it.
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    // SQLite would open it for reading alone and fail at the first write.
    accessSync(file, constants.R_OK | constants.W_OK);
    accessSync(dirname(file), constants.W_OK);
  }
}

/** While another process turns the same new database to WAL, SQLite says that it is busy without waiting. */
function toWal(database: DatabaseSync, busyMs: number): void {
  const deadline = performance.now() + busyMs;
  for (;;) {
    try {
      const { journal_mode: mode } = database.prepare("PRAGMA journal_mode = WAL").get() ?? {};
      if (mode === "wal") return;
      throw new Error(`its file system does not let processes share memory (journal mode ${String(mode)})`);
    } catch (error) {
      if (sqliteCode(error) !== sqliteBusy || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

// A text of up to one slice is in rlm_texts; of a longer one the bytes are NULL there and in rlm_text_parts, written before.
const tables = `
  CREATE TABLE IF NOT EXISTS rlm_texts (ref TEXT PRIMARY KEY, bytes BLOB) STRICT;
  CREATE TABLE IF NOT EXISTS rlm_text_parts (ref TEXT, part INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (ref, part)) STRICT;
  CREATE TABLE IF NOT EXISTS rlm_logs (id INTEGER PRIMARY KEY, key TEXT NOT NULL, entry TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS rlm_logs_by_key ON rlm_logs (key);
`;

function makeTables(database: DatabaseSync): void {
  const made = "SELECT 1 FROM sqlite_schema WHERE name = 'rlm_logs_by_key'";
  // Looked at first, for making them waits for other writers.
  if (database.prepare(made).get() === undefined) inTransaction(database, () => database.exec(tables));
  // Another program may have tables of these names.
  for (const columns of [
    "ref, bytes FROM rlm_texts",
    "ref, part, bytes FROM rlm_text_parts",
    "id, key, entry FROM rlm_logs",
  ])
    database.prepare(`SELECT ${columns}`);
}

/** All of it or nothing. */
export function inTransaction<T>(database: DatabaseSync, act: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = act();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk has ended it already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
