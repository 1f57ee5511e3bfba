import type { ContextRef } from "./context.ts";
import type { SubCall, TextReference } from "./sandbox.ts";
import type { RunStore } from "./store.ts";
import { streamContext } from "./store-context.ts";
import { maxContextLength, prefixLength, prefixOf } from "./text-length.ts";

/** Keeps a value that code gave to a child RLM, and describes it as the child's context. */
export async function refOf(
  name: string,
  context: NonNullable<SubCall["context"]>,
  store: RunStore,
): Promise<ContextRef> {
  if ("kind" in context) return { ...context, name };
  if ("ref" in context) return await describeReference(name, context, store);
  const { text, json } = context;
  return {
    name,
    kind: json ? kindOf(text) : "string",
    length: text.length,
    ref: await store.put(text),
    prefix: prefixOf(text),
  };
}

async function describeReference(name: string, { ref, length }: TextReference, store: RunStore): Promise<ContextRef> {
  let prefix = "";
  for await (const piece of streamContext(ref, store)) {
    prefix += piece;
    if (prefix.length > prefixLength) break;
  }
  return {
    name,
    kind: "string",
    length,
    ref,
    prefix: prefixOf(prefix),
    ...(length > maxContextLength && { paged: true }),
  };
}

// Not parsed here: the text is the code's, may be long, and its first character tells.
function kindOf(json: string): ContextRef["kind"] {
  if (json.startsWith("[")) return "array";
  return json.startsWith("{") ? "object" : "string";
}
