import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { RlmError } from "./errors.ts";
import { indexFile, type FileIndex } from "./file-index.ts";
import { filePieces } from "./file-pieces.ts";
import { pagedText } from "./paged-text.ts";
import type { PagedFile } from "./sandbox.ts";
import { decodeText, markLength, type TextEncoding, textEncodings } from "./text-encoding.ts";

/** What the reference of a file holds, after `file:`, as JSON. */
export interface FileVersion {
  path: string;
  /** Bytes. */
  size: number;
  /** Hex digest of the bytes. */
  sha256: string;
  /** @default "utf-8" */
  encoding?: TextEncoding;
  /** A part of its text: where it begins, and how many UTF-16 code units it has. @default all of it */
  part?: [from: number, length: number];
}

export function fileRef({ path, size, sha256, encoding = "utf-8", part }: FileVersion): string {
  return `file:${JSON.stringify({ path, size, sha256, ...(encoding !== "utf-8" && { encoding }), ...(part && { part }) })}`;
}

/** The reference of a part of the text that a `file:` reference stands for. */
export function partRef(ref: string, from: number, length: number): string {
  const version = parseFileRef(ref);
  return fileRef({ ...version, part: [(version.part?.[0] ?? 0) + from, length] });
}

/** What a reference says of the content alone, without a path: `sha256:<hex>`, of a part with where it is. */
export function contentOf(ref: string): string {
  if (!ref.startsWith("file:")) return ref;
  const { sha256, part } = parseFileRef(ref);
  return `sha256:${sha256}${part === undefined ? "" : `#${part.join("+")}`}`;
}

/**
 * The text of a `file:` reference in pieces, read again. Throws {@link RlmError} with code "store" if it is no longer the same,
 * which may show only after the last piece: what came before counts for nothing then.
 */
export async function* filePiecesOf(ref: string): AsyncGenerator<string> {
  const { path, size, sha256, encoding = "utf-8", part } = parseFileRef(ref);
  if (part !== undefined) return yield* partPieces(ref);
  try {
    const found = await stat(path);
    if (found.size !== size) throw changed(path, `${size} bytes then, ${found.size} now`);
    await using file = await open(path);
    const hash = createHash("sha256");
    let first = true;
    for await (const bytes of filePieces(file, encoding)) {
      hash.update(bytes);
      yield decodeText(first ? bytes.subarray(markLength(bytes, encoding)) : bytes, encoding);
      first = false;
    }
    if (hash.digest("hex") !== sha256) throw changed(path, "its hash differs");
  } catch (cause) {
    throw cause instanceof RlmError ? cause : cannotOpen(path, cause);
  }
}

/** The file of a `file:` reference, to be read in parts. Reads it through, if this program has not yet. Throws like {@link filePiecesOf}. */
export async function pagedFileOf(ref: string): Promise<PagedFile> {
  const version = parseFileRef(ref);
  const { path } = version;
  try {
    const { size, mtimeNs } = await stat(path, { bigint: true });
    if (Number(size) !== version.size) throw changed(path, `${version.size} bytes then, ${size} now`);
    const whole = fileRef({ ...version, part: undefined });
    let index = indexes.get(whole);
    if (index?.modified !== String(mtimeNs)) index = await indexFile(path, version.encoding);
    if (index.sha256 !== version.sha256) throw changed(path, "its hash differs");
    keepIndex(whole, index);
    const { encoding, modified, mark, length: chars, pages } = index;
    const [from, length] = version.part ?? [0, chars];
    return { path, size: version.size, modified, encoding, mark, chars, from, length, pages };
  } catch (cause) {
    throw cause instanceof RlmError ? cause : cannotOpen(path, cause);
  }
}

/** Remembers what was read of a file: reading it through takes seconds for each gigabyte. */
export function keepIndex(ref: string, index: FileIndex): void {
  indexes.delete(ref);
  indexes.set(ref, index);
  for (const oldest of indexes.keys()) {
    if (indexes.size <= maxIndexes) return;
    indexes.delete(oldest);
  }
}

/** Why a file could not be read, in words. */
export function unreadable(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "this user may not read it";
  return String(cause);
}

async function* partPieces(ref: string): AsyncGenerator<string> {
  const file = await pagedFileOf(ref);
  await using handle = await open(file.path);
  const text = pagedText(handle.fd, file);
  try {
    for (let at = 0; at < text.length; at += partPiece) {
      yield text.read(at, at + partPiece);
      await setImmediate();
    }
  } catch (cause) {
    throw cannotOpen(file.path, cause);
  }
}

const partPiece = 1_048_576;
const indexes = new Map<string, FileIndex>();
const maxIndexes = 64;

function cannotOpen(path: string, cause: unknown): RlmError {
  return new RlmError("store", `Cannot open context file ${path}: ${unreadable(cause)}`, { cause });
}

function changed(path: string, how: string): RlmError {
  return new RlmError("store", `Cannot open context file ${path}: it changed since the run began (${how})`);
}

function parseFileRef(ref: string): FileVersion {
  try {
    const {
      path,
      size,
      sha256,
      encoding = "utf-8",
      part,
    } = JSON.parse(ref.slice("file:".length)) as Partial<FileVersion>;
    const isWhole = typeof path === "string" && typeof size === "number" && typeof sha256 === "string";
    if (isWhole && textEncodings.includes(encoding)) return { path, size, sha256, encoding, ...(part && { part }) };
  } catch {
    // Told below, like a reference that is JSON of something else.
  }
  throw new RlmError("store", `Cannot open context: ${JSON.stringify(ref.slice(0, 200))} is not a reference of a file`);
}
