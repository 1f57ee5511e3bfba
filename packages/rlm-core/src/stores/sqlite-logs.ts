import type { DatabaseSync } from "node:sqlite";

/** Logs in rlm_logs. Synchronous: appends keep their order without a queue. */
export function sqliteLogs(database: DatabaseSync): {
  append(key: string, line: string): void;
  read(key: string): string[];
  list(prefix: string): string[];
  remove(key: string): void;
} {
  const add = database.prepare("INSERT INTO rlm_logs (key, entry) VALUES (?, ?)");
  const all = database.prepare("SELECT entry FROM rlm_logs WHERE key = ? ORDER BY id");
  const first = database.prepare("SELECT min(key) AS key FROM rlm_logs WHERE key >= ?");
  const next = database.prepare("SELECT min(key) AS key FROM rlm_logs WHERE key > ?");
  const drop = database.prepare("DELETE FROM rlm_logs WHERE key = ?");
  return {
    append(key, line) {
      add.run(key, line);
    },
    read: (key) => all.all(key).map(({ entry }) => String(entry)),
    list(prefix) {
      const keys: string[] = [];
      // SQLite sorts by bytes, so keys with a prefix stand together; one that ends in half a pair has no bytes.
      const from = prefix.isWellFormed() ? prefix : "";
      let key = first.get(from)?.key;
      while (typeof key === "string" && key.startsWith(from)) {
        keys.push(key);
        // From key to key by the index, past all entries of each.
        key = next.get(key)?.key;
      }
      return keys.filter((key) => key.startsWith(prefix)).sort();
    },
    remove(key) {
      drop.run(key);
    },
  };
}
