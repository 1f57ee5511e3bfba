import type { ContextRef } from "./context.ts";
import { InputError } from "./errors.ts";
import { isFileContext } from "./file.ts";
import { readContextFile, reopenContextFile } from "./file-text.ts";
import { jsonText } from "./json-text.ts";
import { isNamed } from "./named.ts";
import type { NamedContexts, SingleContext } from "./named.ts";
import type { RunStore } from "./store.ts";
import { maxContextLength, prefixOf } from "./text-length.ts";

/** What a caller gives as context: one, named `context`, or several by `named({ … })`. */
export type ContextInput = SingleContext | NamedContexts;

/** Keeps the texts of contexts in the store, files excepted, and describes them. Throws {@link InputError} for what cannot be one. */
export async function storeContexts(context: ContextInput, store: RunStore): Promise<ContextRef[]> {
  const contexts: Readonly<Record<string, unknown>> = isNamed(context) ? context.contexts : { context };
  const refs: ContextRef[] = [];
  // One after the other: each long text is in memory only while its turn lasts.
  for (const [name, value] of Object.entries(contexts)) refs.push(await storeContext(name, value, store));
  return refs;
}

/** The text of a context, JSON for arrays and objects. Throws an RlmError with code "store" if it is gone or was changed. */
export async function openContext(ref: string, store: RunStore): Promise<string> {
  return ref.startsWith("file:") ? await reopenContextFile(ref) : await store.get(ref);
}

async function storeContext(name: string, value: unknown, store: RunStore): Promise<ContextRef> {
  if (isFileContext(value)) {
    const { text, ref } = await readContextFile(value.path);
    checkText(text, name, `file ${value.path}`);
    return { name, kind: "string", length: text.length, ref, prefix: prefixOf(text) };
  }
  if (typeof value === "string") {
    checkText(value, name, "text");
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

function checkText(text: string, name: string, what: string): void {
  if (text === "") throw new InputError(`Cannot use context "${name}": the ${what} is empty`);
  checkLength(text, name);
  if (!/\S/.test(text)) throw new InputError(`Cannot use context "${name}": the ${what} has only white space`);
}

function checkLength(text: string, name: string): void {
  if (text.length <= maxContextLength) return;
  const lengths = `${text.length.toLocaleString("en")} characters, more than the ${maxContextLength.toLocaleString("en")} of one context`;
  throw new InputError(
    `Cannot use context "${name}": it has ${lengths}; split it and pass named({ part1: …, part2: … })`,
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
