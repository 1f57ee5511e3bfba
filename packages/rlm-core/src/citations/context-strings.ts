import { open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type { ContextRef } from "../context.ts";
import { pagedText } from "../paged-text.ts";
import { readRows } from "../rows/read-rows.ts";
import type { PagedFile } from "../sandbox.ts";
import { pagedContext, streamContext } from "../store-context.ts";
import type { RunStore } from "../store.ts";
import { jsonStrings, stringsIn } from "./json-strings.ts";

/** A part of a string in a context. Parts of one string follow one another. */
export interface StringPart {
  /** Of which string; undefined where the context is one. */
  key?: string | number;
  /** Its place in the string. */
  from: number;
  text: string;
  /** Whether it is all of the string. */
  whole: boolean;
}

/** All strings of a context, read once through, never held as a whole. `keys`: others may be left out. */
export async function* contextStrings(
  context: ContextRef,
  store: RunStore,
  { keys, signal }: { keys?: ReadonlySet<string> | undefined; signal?: AbortSignal | undefined } = {},
): AsyncGenerator<StringPart> {
  const { kind, ref, paged } = context;
  if (paged === true) {
    yield* pagedStrings(await pagedContext(ref, signal), keys);
    return;
  }
  const pieces = streamContext(ref, store);
  if (kind !== "string") {
    for await (const { key, text } of jsonStrings(pieces)) yield { key, from: 0, text, whole: true };
    return;
  }
  let from = 0;
  for await (const text of pieces) {
    yield { from, text, whole: from === 0 && text.length === context.length };
    from += text.length;
  }
}

async function* pagedStrings(file: PagedFile, keys: ReadonlySet<string> | undefined): AsyncGenerator<StringPart> {
  await using handle = await open(file.path);
  const text = pagedText(handle.fd, file);
  const { view } = file;
  if (view === undefined) {
    for (let from = 0; from < text.length; from += pieceChars) {
      yield { from, text: text.read(from, from + pieceChars), whole: text.length <= pieceChars };
      await setImmediate();
    }
    return;
  }
  if ("rows" in view) {
    for (const [group, [first]] of view.rows.groups.entries()) {
      const next = view.rows.groups[group + 1]?.[0] ?? Infinity;
      if (keys !== undefined && !somewhere(keys, (key) => isBetween(Number.parseInt(key, 10), first, next))) continue;
      const rows = JSON.parse(readRows(text, view.rows, first).json) as unknown[];
      for (const [index, row] of rows.entries()) yield* whole(stringsIn(row, first + index));
      await setImmediate();
    }
    return;
  }
  for (const [name, from, to] of view.object) {
    if (keys !== undefined && !somewhere(keys, (key) => key === name || key.startsWith(`${name}.`))) continue;
    yield* whole(stringsIn(JSON.parse(text.read(from, to)), name));
    await setImmediate();
  }
}

const pieceChars = 1_048_576;

function* whole(strings: ReturnType<typeof stringsIn>): Generator<StringPart> {
  for (const { key, text } of strings) yield { key, from: 0, text, whole: true };
}

function somewhere(keys: ReadonlySet<string>, test: (key: string) => boolean): boolean {
  return [...keys].some(test);
}

function isBetween(row: number, first: number, next: number): boolean {
  return row >= first && row < next;
}
