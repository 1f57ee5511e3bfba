import type { ContextRef } from "./context.ts";
import { InputError } from "./errors.ts";
import { isFileContext, type FileContext } from "./file.ts";
import { fileRef, type FileVersion } from "./file-ref.ts";
import { filePiecesOf } from "./file-text.ts";
import { firstRows, pagedFileOf } from "./paged-file.ts";
import type { PagedFile } from "./sandbox.ts";
import { jsonText } from "./json-text.ts";
import { isNamed } from "./named.ts";
import type { NamedContexts, SingleContext } from "./named.ts";
import { scanContextFile } from "./scan-file.ts";
import type { RunStore } from "./store.ts";
import { maxContextLength, prefixOf } from "./text-length.ts";
import { slicesInTurns } from "./text-slices.ts";

/** What a caller gives as context: one, named `context`, or several by `named({ … })`. */
export type ContextInput = SingleContext | NamedContexts;

/**
 * Keeps the texts of contexts in the store, files excepted, and describes them. Throws {@link InputError} for what cannot be one,
 * and stops in the middle of a file when `signal` aborts.
 */
export async function storeContexts(
  context: ContextInput,
  store: RunStore,
  signal?: AbortSignal,
): Promise<ContextRef[]> {
  const contexts: Readonly<Record<string, unknown>> = isNamed(context) ? context.contexts : { context };
  const refs: ContextRef[] = [];
  // One after the other: each long text is in memory only while its turn lasts.
  for (const [name, value] of Object.entries(contexts)) refs.push(await storeContext(name, value, store, signal));
  return refs;
}

/**
 * The text of a context in pieces, JSON for arrays and objects. Throws an RlmError with code "store" if it is gone or was
 * changed, which may show only after the last piece.
 */
export function streamContext(ref: string, store: RunStore): AsyncIterable<string> {
  if (ref.startsWith("file:")) return filePiecesOf(ref);
  return store.stream?.(ref) ?? storedPieces(ref, store);
}

/** The file of a context that is read in parts. Throws like {@link streamContext}. */
export function pagedContext(ref: string, signal?: AbortSignal): Promise<PagedFile> {
  return pagedFileOf(ref, signal);
}

/** The whole text of a context, for a short one: see {@link streamContext}. */
export async function openContext(ref: string, store: RunStore): Promise<string> {
  if (!ref.startsWith("file:")) return await store.get(ref);
  let text = "";
  for await (const piece of filePiecesOf(ref)) text += piece;
  return text;
}

async function* storedPieces(ref: string, store: RunStore): AsyncGenerator<string> {
  yield* slicesInTurns(await store.get(ref));
}

async function storeContext(
  name: string,
  value: unknown,
  store: RunStore,
  signal: AbortSignal | undefined,
): Promise<ContextRef> {
  signal?.throwIfAborted();
  if (isFileContext(value)) return await fileContext(name, value, signal);
  if (typeof value === "string") {
    if (value === "") throw new InputError(`Cannot use context "${name}": the text is empty`);
    checkLength(value, name);
    if (await isBlank(value)) throw new InputError(`Cannot use context "${name}": the text has only white space`);
    return { name, kind: "string", length: value.length, ref: await store.put(value), prefix: prefixOf(value) };
  }
  if (!isArrayOrPlain(value))
    throw new InputError(
      `Expected context "${name}" to be a text, an array, a plain object, file("…") or named({ … }), got ${describe(value)}`,
    );
  const items = Array.isArray(value) ? value.length : Object.keys(value).length;
  const kind = Array.isArray(value) ? "array" : "object";
  if (items === 0) throw new InputError(`Cannot use context "${name}": the ${kind} is empty`);
  const text = jsonText(value, name);
  checkLength(text, name);
  return { name, kind, length: text.length, items, ref: await store.put(text), prefix: prefixOf(text) };
}

async function fileContext(name: string, file: FileContext, signal: AbortSignal | undefined): Promise<ContextRef> {
  const { path, format } = file;
  const { version, length, prefix, first } = await scanContextFile(file, signal);
  const ref = fileRef(version);
  if (length === 0) throw new InputError(`Cannot use context "${name}": the file ${path} is empty`);
  if (first === undefined) throw new InputError(`Cannot use context "${name}": the file ${path} has only white space`);
  const isLong = length > maxContextLength;
  if (format === "text") return { name, kind: "string", length, ref, prefix, ...(isLong && { paged: true }) };
  if (format === "jsonl" || format === "csv") return await rowsContext(name, { ...version, view: format }, signal);
  const kind = first === "[" ? "array" : "object";
  if (kind === "object" && first !== "{")
    throw new InputError(
      `Cannot use context "${name}": the file ${path} is not JSON of an array or an object, it begins with ${JSON.stringify(first)}`,
    );
  if (/^\s*(\[\s*\]|\{\s*\})\s*$/.test(prefix) && length === prefix.length)
    throw new InputError(`Cannot use context "${name}": the ${kind} in the file ${path} is empty`);
  if (!isLong) return { name, kind, length, ref, prefix };
  if (kind === "array") return await rowsContext(name, { ...version, view: "json" }, signal);
  const { view } = await viewed(name, { ...version, view: "object" }, signal);
  const items = view !== undefined && "object" in view ? view.object.length : 0;
  return { name, kind, length, items, ref: fileRef({ ...version, view: "object" }), prefix, paged: true };
}

async function rowsContext(name: string, version: FileVersion, signal: AbortSignal | undefined): Promise<ContextRef> {
  const file = await viewed(name, version, signal);
  const items = file.view !== undefined && "rows" in file.view ? file.view.rows.count : 0;
  if (items === 0) throw new InputError(`Cannot use context "${name}": the file ${version.path} has no rows`);
  const prefix = prefixOf(await firstRows(file));
  return { name, kind: "array", length: file.length, items, ref: fileRef(version), prefix, paged: true };
}

async function viewed(name: string, version: FileVersion, signal: AbortSignal | undefined): Promise<PagedFile> {
  try {
    return await pagedFileOf(fileRef(version), signal);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InputError(
      `Cannot use context "${name}": the rows of the file ${version.path} cannot be told apart: ${cause.message}`,
      {
        cause,
      },
    );
  }
}

async function isBlank(text: string): Promise<boolean> {
  for await (const slice of slicesInTurns(text)) if (/\S/.test(slice)) return false;
  return true;
}

function checkLength(text: string, name: string): void {
  if (text.length <= maxContextLength) return;
  const lengths = `${text.length.toLocaleString("en")} characters, more than the ${maxContextLength.toLocaleString("en")} of one context`;
  throw new InputError(
    `Cannot use context "${name}": it has ${lengths}; write it to a file and pass file(path), or split it and pass named({ part1: …, part2: … })`,
  );
}

function isArrayOrPlain(value: unknown): value is object {
  if (Array.isArray(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null)
    return value === undefined || value === null ? String(value) : `a ${typeof value}`;
  return `a ${value.constructor?.name ?? "object"}`;
}
