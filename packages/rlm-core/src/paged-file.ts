import { open, stat } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { RlmError } from "./errors.ts";
import { indexFile, type FileIndex } from "./file-index.ts";
import { cannotOpen, fileChanged, fileRef, parseFileRef, type FileVersion, type ViewName } from "./file-ref.ts";
import { pagedText } from "./paged-text.ts";
import { indexObject, indexRows } from "./rows/index-rows.ts";
import { readRows } from "./rows/read-rows.ts";
import type { FileView, PagedFile } from "./sandbox.ts";

/**
 * The file of a `file:` reference, to be read in parts. Reads it through, if this program has not yet. Throws {@link RlmError} with
 * code "store" if it is no longer the same, and SyntaxError if its rows cannot be told apart, and what `signal` says when it aborts meanwhile.
 */
export async function pagedFileOf(ref: string, signal?: AbortSignal): Promise<PagedFile> {
  const version = parseFileRef(ref);
  const { path, part, view } = version;
  try {
    const index = await indexOf(version, signal);
    const { encoding, modified, mark, length: chars, pages } = index;
    const [from, length] = part ?? [0, chars];
    const file: PagedFile = { path, size: version.size, modified, encoding, mark, chars, from, length, pages };
    return view === undefined ? file : { ...file, view: (index.views[view] ??= await viewOf(file, view, signal)) };
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause instanceof RlmError || cause instanceof SyntaxError ? cause : cannotOpen(path, cause);
  }
}

/** Remembers what was read of a file: reading it through takes a second for each gigabyte. */
export function keepIndex(version: FileVersion, index: FileIndex): KnownFile {
  const key = fileRef({ ...version, part: undefined, view: undefined });
  const known = { ...index, views: {} };
  knownFiles.delete(key);
  knownFiles.set(key, known);
  for (const oldest of knownFiles.keys()) {
    if (knownFiles.size <= maxKnown) break;
    knownFiles.delete(oldest);
  }
  return known;
}

/** The text of a reference's part, in pieces. */
export async function* partPieces(ref: string): AsyncGenerator<string> {
  const file = await pagedFileOf(ref);
  yield* piecesOf(file);
}

/** The first rows of a file, as JSON. */
export async function firstRows(file: PagedFile): Promise<string> {
  if (file.view === undefined || !("rows" in file.view)) return "";
  await using handle = await open(file.path);
  return readRows(pagedText(handle.fd, file), file.view.rows, 0).json;
}

interface KnownFile extends FileIndex {
  views: Partial<Record<ViewName, FileView>>;
}

const knownFiles = new Map<string, KnownFile>();
const maxKnown = 64;
const pieceChars = 1_048_576;

async function indexOf(version: FileVersion, signal: AbortSignal | undefined): Promise<KnownFile> {
  const { path } = version;
  const { size, mtimeNs } = await stat(path, { bigint: true });
  if (Number(size) !== version.size) throw fileChanged(path, `${version.size} bytes then, ${size} now`);
  const known = knownFiles.get(fileRef({ ...version, part: undefined, view: undefined }));
  if (known?.modified === String(mtimeNs)) return known;
  const index = await indexFile(path, version.encoding, signal);
  if (index.sha256 !== version.sha256) throw fileChanged(path, "its hash differs");
  return keepIndex(version, index);
}

async function viewOf(file: PagedFile, view: ViewName, signal: AbortSignal | undefined): Promise<FileView> {
  const pieces = piecesOf(file, signal);
  return view === "object" ? { object: await indexObject(pieces) } : { rows: await indexRows(pieces, view) };
}

async function* piecesOf(file: PagedFile, signal?: AbortSignal): AsyncGenerator<string> {
  await using handle = await open(file.path);
  const text = pagedText(handle.fd, file);
  for (let at = 0; at < text.length; at += pieceChars) {
    yield text.read(at, at + pieceChars);
    await setImmediate();
    signal?.throwIfAborted();
  }
}
