import { randomBytes } from "node:crypto";
import { InputError, RlmError, storeContexts, type ContextRef, type RunStore } from "rlm-core";
import type { RlmContext } from "../to-context.ts";

/** The texts of a thread that are kept aside, by handle: references, in the thread's own state, so that no other thread has them. */
export type Handles = Readonly<Record<string, ContextRef>>;

/** What is left of a text in the conversation, and where it is. */
export interface KeptAside {
  note: string;
  handles: Handles;
}

/** Which characters a note shows. */
export interface Shown {
  first: number;
  last: number;
}

/** Puts a text into the store under a new random handle, and describes it. `what`: what it was in the conversation. */
export async function keepAside(
  text: string,
  what: string,
  shown: Shown,
  { store, toolName }: { store: RunStore; toolName: string },
): Promise<KeptAside> {
  // An identifier, for it is also the variable's name where several are asked about.
  const handle = `text_${randomBytes(8).toString("hex")}`;
  const ref = await describe(text, handle, store);
  const begins = text.slice(0, shown.first);
  const ends = shown.last > 0 ? [`It ends:\n${text.slice(-shown.last)}`] : [];
  const parts = [
    `[${what} is kept aside, for it is long: ${kindOf(ref)} of ${text.length.toLocaleString("en-US")} characters. Its handle is ${handle}. To find something in it or to have it worked through, call ${toolName} with a question and this handle.]`,
    `It begins:\n${begins}`,
    ...ends,
  ];
  return { note: parts.join("\n"), handles: { [handle]: ref } };
}

/** The contexts of handles. Throws {@link InputError} for one that this thread does not have. */
export function contextsOf(asked: readonly string[], known: Handles): ContextRef[] {
  return [...new Set(asked)].map((handle) => {
    const ref = Object.hasOwn(known, handle) ? known[handle] : undefined;
    if (ref !== undefined) return ref;
    const there = Object.keys(known);
    throw new InputError(
      `Cannot ask about ${JSON.stringify(handle.slice(0, 100))}: this conversation has no such handle; ${there.length === 0 ? "it has none" : `it has ${there.slice(-20).join(", ")}`}`,
    );
  });
}

/** Contexts by reference, for a run over the same store; or by value, for one with a store of its own. */
export async function openHandles(
  refs: readonly ContextRef[],
  store: RunStore,
  shared: boolean,
): Promise<(readonly [string, RlmContext])[]> {
  if (shared) return refs.map((ref) => [ref.name, refs.length === 1 ? { ...ref, name: "context" } : ref] as const);
  const opened = refs.map(async ({ name, kind, ref }) => {
    const text = await store.get(ref);
    return [name, kind === "string" ? text : (JSON.parse(text) as object)] as const;
  });
  return await Promise.all(opened);
}

async function describe(text: string, name: string, store: RunStore): Promise<ContextRef> {
  const parsed = parse(text);
  const [ref] = await storeContexts(text, store);
  if (ref === undefined) throw new RlmError("store", "Cannot keep a text aside: the store gave no reference");
  if (parsed === undefined) return { ...ref, name };
  const items = Array.isArray(parsed) ? parsed.length : Object.keys(parsed).length;
  // The text as it is: the REPL parses it.
  return { ...ref, name, kind: Array.isArray(parsed) ? "array" : "object", items };
}

function parse(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text) || !/[\]}]\s*$/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && Object.keys(value).length > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

function kindOf({ kind, items = 0 }: ContextRef): string {
  if (kind === "string") return "a text";
  return `JSON, an ${kind} of ${items.toLocaleString("en-US")} ${kind === "array" ? "elements" : "keys"},`;
}
