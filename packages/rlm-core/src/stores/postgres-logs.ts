import { RlmError } from "../errors.ts";
import { appendQueue } from "./append-queue.ts";
import type { PostgresPool } from "./postgres-pool.ts";

/** Logs in rlm_logs. */
export function postgresLogs(pool: PostgresPool): {
  append(key: string, line: string): Promise<void>;
  read(key: string): Promise<string[]>;
  list(prefix: string): Promise<string[]>;
  remove(key: string): Promise<void>;
} {
  const queue = appendQueue(async (key, lines) => {
    await pool.query(insert, [bytesOf(key), lines.map(bytesOf)]);
  });
  return {
    async append(key, line) {
      const { byteLength } = bytesOf(line);
      if (byteLength > maxEntryBytes)
        throw new RlmError(
          "store",
          `Cannot append to log "${key}" in Postgres: the entry has ${byteLength} bytes, more than the ${maxEntryBytes} that can be read again; put its long texts into the store`,
        );
      await queue.append(key, line);
    },
    async read(key) {
      const { rows } = await pool.query("SELECT entry FROM rlm_logs WHERE key = $1 ORDER BY id", [bytesOf(key)]);
      return rows.map(({ entry }) => textOf(entry));
    },
    async list(prefix) {
      // Bytes are sorted as bytes, so keys with a prefix stand together; one that ends in half a pair has no bytes.
      const from = prefix.isWellFormed() ? prefix : "";
      const { rows } = await pool.query(keys, [bytesOf(from)]);
      return rows
        .map(({ key }) => textOf(key))
        .filter((key) => key.startsWith(prefix))
        .sort();
    },
    remove: async (key) =>
      await queue.after(key, async () => {
        await pool.query("DELETE FROM rlm_logs WHERE key = $1", [bytesOf(key)]);
      }),
  };
}

// Postgres gives bytes back as hexadecimal text, and one value has at most a gigabyte.
const maxEntryBytes = 200_000_000;

const insert = `
  INSERT INTO rlm_logs (key, entry)
  SELECT $1, entry FROM unnest($2::bytea[]) WITH ORDINALITY AS lines (entry, at) ORDER BY at`;

// From key to key by the index, past all entries of each.
const keys = `
  WITH RECURSIVE keys AS (
    (SELECT key FROM rlm_logs WHERE key >= $1::bytea ORDER BY key LIMIT 1)
    UNION ALL
    SELECT (SELECT next.key FROM rlm_logs AS next WHERE next.key > keys.key ORDER BY next.key LIMIT 1)
    FROM keys WHERE substr(keys.key, 1, length($1::bytea)) = $1::bytea
  )
  SELECT key FROM keys WHERE key IS NOT NULL`;

function bytesOf(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

function textOf(bytes: unknown): string {
  return Buffer.isBuffer(bytes) ? bytes.toString("utf8") : String(bytes);
}
