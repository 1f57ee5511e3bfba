import type { DatabaseSync } from "node:sqlite";
import { RlmError } from "../errors.ts";

/** What a database did not do, as an {@link RlmError} with code "store": what was wanted, what happened, what is kept, what to do. */
export function sqliteError(database: DatabaseSync, action: string, cause: unknown): RlmError {
  if (cause instanceof RlmError) return cause;
  if (!database.isOpen) return new RlmError("store", `Cannot ${action}: the database is closed`, { cause });
  return new RlmError("store", `Cannot ${action} in ${database.location() ?? "memory"}: ${sqliteState(cause)}`, {
    cause,
  });
}

/** What SQLite's error means for whoever reads it. */
export function sqliteState(error: unknown): string {
  const known = states[sqliteCode(error) ?? 0];
  return known === undefined ? String(error) : `${known} (SQLite: ${messageOf(error)})`;
}

/** SQLite's primary result code; undefined for an error that is none of SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error && "errcode" in error && typeof error.errcode === "number")) return undefined;
  return error.errcode & 0xff;
}

/** SQLite's code for a database that another connection holds. */
export const sqliteBusy = 5;

const kept = "nothing of this is kept, all that was kept before is whole";

const states: Partial<Record<number, string>> = {
  1: "it is no database of runs, for its tables are others; name another file, or one that is not there yet",
  [sqliteBusy]: `another process held its lock for longer than busyMs; ${kept}; let that process end, then go on`,
  8: `it may not be written; ${kept}; make the file and its folder writable, then go on`,
  10: `the disk does not take or give the data; ${kept}; look whether it is full, gone, limited or protected, then go on`,
  11: "the database is damaged; go on from a copy of it, or with another file",
  13: `the disk is full; ${kept}; free some space, then go on`,
  14: "it cannot be opened; look at the rights of the file and its folder",
  18: `it is longer than the 1,000,000,000 bytes that SQLite takes; ${kept}`,
  26: "the file is no SQLite database; name another one, or one that is not there yet",
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
