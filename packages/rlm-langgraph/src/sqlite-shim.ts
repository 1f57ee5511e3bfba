import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { inTransaction, sqliteError } from "rlm-core/stores/sqlite";

/** What SqliteSaver uses of better-sqlite3, a native package. */
export interface SqliteShim {
  pragma(text: string): unknown;
  exec(sql: string): void;
  prepare(sql: string): Record<"run" | "get" | "all", (...values: (SQLInputValue | undefined)[]) => unknown>;
  transaction<A extends unknown[], T>(act: (...values: A) => T): (...values: A) => T;
}

/** node:sqlite under better-sqlite3's names; its errors are RlmErrors with code "store". */
export function sqliteShim(database: DatabaseSync): SqliteShim {
  return {
    pragma: (text) => attempt(reading, () => database.prepare(`PRAGMA ${text}`).all()),
    exec: (sql) => attempt(saving, () => database.exec(sql)),
    prepare(sql) {
      const statement = attempt(reading, () => database.prepare(sql));
      return {
        run: (...values) => attempt(saving, () => statement.run(...values.map(bindable))),
        get: (...values) => attempt(reading, () => statement.get(...values.map(bindable))),
        all: (...values) => attempt(reading, () => statement.all(...values.map(bindable))),
      };
    },
    transaction:
      (act) =>
      (...values) =>
        attempt(saving, () => inTransaction(database, () => act(...values))),
  };

  function attempt<T>(action: string, act: () => T): T {
    try {
      return act();
    } catch (cause) {
      throw sqliteError(database, action, cause);
    }
  }
}

const saving = "save a checkpoint";
const reading = "read checkpoints";

// better-sqlite3 binds undefined as NULL, node:sqlite throws.
function bindable(value: SQLInputValue | undefined): SQLInputValue {
  return value ?? null;
}
