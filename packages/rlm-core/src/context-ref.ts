import type { ContextRef } from "./context.ts";
import type { CallValue } from "./sandbox.ts";
import type { RunStore } from "./store.ts";
import { prefixOf } from "./text-length.ts";

/** Keeps a value that code gave to a child RLM, and describes it as the child's context. */
export async function refOf(name: string, { text, json }: CallValue, store: RunStore): Promise<ContextRef> {
  return {
    name,
    kind: json ? kindOf(text) : "string",
    length: text.length,
    ref: await store.put(text),
    prefix: prefixOf(text),
  };
}

// Not parsed here: the text is the code's, may be long, and its first character tells.
function kindOf(json: string): ContextRef["kind"] {
  if (json.startsWith("[")) return "array";
  return json.startsWith("{") ? "object" : "string";
}
