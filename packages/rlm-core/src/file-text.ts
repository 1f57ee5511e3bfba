import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { RlmError } from "./errors.ts";
import { filePieces } from "./file-pieces.ts";
import { cannotOpen, fileChanged, parseFileRef } from "./file-ref.ts";
import { partPieces } from "./paged-file.ts";
import { decodeText, markLength } from "./text-encoding.ts";

/**
 * The text of a `file:` reference in pieces, read again. Throws {@link RlmError} with code "store" if it is no longer the same,
 * which may show only after the last piece: what came before counts for nothing then.
 */
export async function* filePiecesOf(ref: string): AsyncGenerator<string> {
  const { path, size, sha256, encoding = "utf-8", part } = parseFileRef(ref);
  if (part !== undefined) {
    yield* partPieces(ref);
    return;
  }
  try {
    const found = await stat(path);
    if (found.size !== size) throw fileChanged(path, `${size} bytes then, ${found.size} now`);
    await using file = await open(path);
    const hash = createHash("sha256");
    let first = true;
    for await (const bytes of filePieces(file, encoding)) {
      hash.update(bytes);
      yield decodeText(first ? bytes.subarray(markLength(bytes, encoding)) : bytes, encoding);
      first = false;
    }
    if (hash.digest("hex") !== sha256) throw fileChanged(path, "its hash differs");
  } catch (cause) {
    throw cause instanceof RlmError ? cause : cannotOpen(path, cause);
  }
}
