import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { RlmError } from "./errors.ts";
import { decodeUtf8, filePieces } from "./file-pieces.ts";

/** What the reference of a file holds, after `file:`, as JSON. */
export interface FileVersion {
  path: string;
  /** Bytes. */
  size: number;
  /** Hex digest of the bytes. */
  sha256: string;
}

export function fileRef({ path, size, sha256 }: FileVersion): string {
  return `file:${JSON.stringify({ path, size, sha256 })}`;
}

/**
 * The text of a `file:` reference in pieces, read again. Throws {@link RlmError} with code "store" if it is no longer the same,
 * which may show only after the last piece: what came before counts for nothing then.
 */
export async function* filePiecesOf(ref: string): AsyncGenerator<string> {
  const { path, size, sha256 } = parseFileRef(ref);
  try {
    const found = await stat(path);
    if (found.size !== size) throw changed(path, `${size} bytes then, ${found.size} now`);
    await using file = await open(path);
    const hash = createHash("sha256");
    let first = true;
    for await (const bytes of filePieces(file, "utf8")) {
      hash.update(bytes);
      yield decodeUtf8(first ? withoutMark(bytes) : bytes);
      first = false;
    }
    if (hash.digest("hex") !== sha256) throw changed(path, "its hash differs");
  } catch (cause) {
    if (cause instanceof RlmError) throw cause;
    throw new RlmError("store", `Cannot open context file ${path}: ${unreadable(cause)}`, { cause });
  }
}

/** A file's first piece without the byte order mark that it may begin with. */
export function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** Why a file could not be read, in words. */
export function unreadable(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "this user may not read it";
  return String(cause);
}

function changed(path: string, how: string): RlmError {
  return new RlmError("store", `Cannot open context file ${path}: it changed since the run began (${how})`);
}

function parseFileRef(ref: string): FileVersion {
  try {
    const { path, size, sha256 } = JSON.parse(ref.slice("file:".length)) as Partial<FileVersion>;
    if (typeof path === "string" && typeof size === "number" && typeof sha256 === "string")
      return { path, size, sha256 };
  } catch {
    // Told below, like a reference that is JSON of something else.
  }
  throw new RlmError("store", `Cannot open context: ${JSON.stringify(ref.slice(0, 200))} is not a reference of a file`);
}
