import { setImmediate } from "node:timers/promises";
import type { DatabaseSync } from "node:sqlite";
import { textRefInTurns } from "../text-ref.ts";
import { sliceLength, slicesInTurns } from "../text-slices.ts";
import { inTransaction } from "./sqlite-database.ts";
import { missingText, textName } from "./text-pieces.ts";

/** Keeps texts in rlm_texts and gives their bytes back. A long one is written part by part, for a part of half a gigabyte would stop the process. */
export function sqliteTexts(database: DatabaseSync): {
  put(text: string): Promise<string>;
  pieces(ref: string): AsyncGenerator<Buffer>;
} {
  const find = database.prepare("SELECT bytes FROM rlm_texts WHERE ref = ?");
  const add = database.prepare("INSERT OR IGNORE INTO rlm_texts (ref, bytes) VALUES (?, ?)");
  const addPart = database.prepare("INSERT OR IGNORE INTO rlm_text_parts (ref, part, bytes) VALUES (?, ?, ?)");
  const measure = database.prepare("SELECT total(length(bytes)) AS bytes FROM rlm_text_parts WHERE ref = ?");
  const findPart = database.prepare("SELECT bytes FROM rlm_text_parts WHERE ref = ? AND part = ?");
  const dropParts = database.prepare("DELETE FROM rlm_text_parts WHERE ref = ?");

  return {
    async put(text) {
      const ref = await textRefInTurns(text);
      // Reading needs no lock that others wait for.
      if (find.get(ref) !== undefined) return ref;
      if (text.length <= sliceLength) add.run(ref, Buffer.from(text, textName(ref).encoding));
      else await putParts(ref, text);
      return ref;
    },
    async *pieces(ref) {
      textName(ref);
      const row = find.get(ref);
      if (row === undefined) throw missingText(ref, database.location() ?? "memory");
      if (row.bytes instanceof Uint8Array) yield bufferOf(row.bytes);
      else yield* partsOf(ref);
    },
  };

  async function putParts(ref: string, text: string): Promise<void> {
    try {
      // Another writer of the same text may give up meanwhile and take its parts with it: then once more.
      while (!(await partsKept(ref, text)));
    } catch (error) {
      giveUp(ref);
      throw error;
    }
  }

  async function partsKept(ref: string, text: string): Promise<boolean> {
    const { encoding } = textName(ref);
    let length = 0;
    let part = 0;
    for await (const slice of slicesInTurns(text)) {
      const bytes = Buffer.from(slice, encoding);
      addPart.run(ref, part, bytes);
      length += bytes.length;
      part += 1;
    }
    // The row that makes the text be there comes last, and only where all parts are.
    return inTransaction(database, () => {
      if (find.get(ref) !== undefined) return true;
      if (measure.get(ref)?.bytes === length) return add.run(ref, null).changes === 1;
      dropParts.run(ref);
      return false;
    });
  }

  function giveUp(ref: string): void {
    try {
      inTransaction(database, () => find.get(ref) ?? dropParts.run(ref));
    } catch {
      // They are no text without their row; the next put of it takes them over.
    }
  }

  async function* partsOf(ref: string): AsyncGenerator<Buffer> {
    for (let part = 0; ; part += 1) {
      const row = findPart.get(ref, part);
      if (!(row?.bytes instanceof Uint8Array)) return;
      yield bufferOf(row.bytes);
      await setImmediate();
    }
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
