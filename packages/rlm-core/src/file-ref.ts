import type { ContextContent, ContextRef } from "./context.ts";
import { RlmError } from "./errors.ts";
import type { RowFormat } from "./rows/row-index.ts";
import { type TextEncoding, textEncodings } from "./text-encoding.ts";

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
  /** What the code finds, if it is not the text: rows in one of their formats, or a JSON object. */
  view?: ViewName;
}

export type ViewName = RowFormat | "object";

export function fileRef({ path, size, sha256, encoding = "utf-8", part, view }: FileVersion): string {
  const more = { ...(encoding !== "utf-8" && { encoding }), ...(part && { part }), ...(view && { view }) };
  return `file:${JSON.stringify({ path, size, sha256, ...more })}`;
}

/** Throws {@link RlmError} with code "store" if it is none. */
export function parseFileRef(ref: string): FileVersion {
  try {
    const version = JSON.parse(ref.slice("file:".length)) as Partial<FileVersion>;
    const { path, size, sha256, encoding = "utf-8", part, view } = version;
    const isWhole = typeof path === "string" && typeof size === "number" && typeof sha256 === "string";
    if (isWhole && textEncodings.includes(encoding))
      return { path, size, sha256, encoding, ...(part && { part }), ...(view && { view }) };
  } catch {
    // Told below, like a reference that is JSON of something else.
  }
  throw new RlmError("store", `Cannot open context: ${JSON.stringify(ref.slice(0, 200))} is not a reference of a file`);
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

/** The same with how the content is read, for the same bytes may be a text, rows of one kind or another, or a text in another encoding. */
export function readingOf(ref: string): string {
  if (!ref.startsWith("file:")) return ref;
  const { encoding = "utf-8", view } = parseFileRef(ref);
  return `${contentOf(ref)}${encoding === "utf-8" ? "" : `#${encoding}`}${view === undefined ? "" : `#${view}`}`;
}

/** A context without its text and without where it is. */
export function contextContent({ name, kind, length, items, ref }: ContextRef): ContextContent {
  return { name, kind, length, ...(items !== undefined && { items }), hash: readingOf(ref) };
}

/** Why a file could not be read, in words. */
export function unreadable(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "this user may not read it";
  return String(cause);
}

export function cannotOpen(path: string, cause: unknown): RlmError {
  return new RlmError("store", `Cannot open context file ${path}: ${unreadable(cause)}`, { cause });
}

export function fileChanged(path: string, how: string): RlmError {
  return new RlmError("store", `Cannot open context file ${path}: it changed since the run began (${how})`);
}
