import { textRefInTurns } from "../text-ref.ts";
import { sliceLength, slicesInTurns } from "../text-slices.ts";
import { inPostgresTransaction, type PostgresClient, type PostgresPool } from "./postgres-pool.ts";
import { missingText, textName } from "./text-pieces.ts";

/** Keeps texts in rlm_texts, a long one in parts that are there all at once, and gives their bytes back. */
export function postgresTexts(pool: PostgresPool): {
  put(text: string): Promise<string>;
  pieces(ref: string): AsyncGenerator<Buffer>;
} {
  return {
    async put(text) {
      const ref = await textRefInTurns(text);
      const bytes = (slice: string): Buffer => Buffer.from(slice, textName(ref).encoding);
      if (text.length <= sliceLength) await add(pool, ref, 0, bytes(text), true);
      else if (!(await isThere(ref))) await putParts(ref, text, bytes);
      return ref;
    },
    async *pieces(ref) {
      textName(ref);
      for (let part = 0; ; part += 1) {
        const { rows } = await pool.query("SELECT bytes, last FROM rlm_texts WHERE ref = $1 AND part = $2", [
          ref,
          part,
        ]);
        const { bytes, last } = rows[0] ?? {};
        if (!Buffer.isBuffer(bytes)) throw missingText(ref, "Postgres");
        yield bytes;
        if (last === true) return;
      }
    },
  };

  async function isThere(ref: string): Promise<boolean> {
    return (await pool.query("SELECT FROM rlm_texts WHERE ref = $1 AND part = 0", [ref])).rows.length > 0;
  }

  async function putParts(ref: string, text: string, bytes: (slice: string) => Buffer): Promise<void> {
    await inPostgresTransaction(pool, async (client) => {
      let part = 0;
      let written = 0;
      for await (const slice of slicesInTurns(text)) {
        written += slice.length;
        await add(client, ref, part, bytes(slice), written === text.length);
        part += 1;
      }
    });
  }
}

async function add(
  to: Pick<PostgresClient, "query">,
  ref: string,
  part: number,
  bytes: Buffer,
  last: boolean,
): Promise<void> {
  const insert = "INSERT INTO rlm_texts (ref, part, bytes, last) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
  await to.query(insert, [ref, part, bytes, last]);
}
