import { createHash } from "node:crypto";
import { innermost, type ChatModel } from "./chat-model.ts";

/**
 * What tells a chat model from others of its name, as a hash: LangChain's own serialization, in which keys are left out, and
 * the address of its server. Of a class that cannot be serialized it is what LangChain's cache goes by.
 */
export function settingsOf(chat: ChatModel): string {
  const inner: Partial<Identified> = innermost(chat);
  const serialized = chat.toJSON();
  const own = inner.lc_serializable === true ? undefined : inner._identifyingParams?.();
  const server = inner.clientConfig?.baseURL ?? inner.baseUrl;
  return createHash("sha256")
    .update(plainJson([serialized, own, server, inner.defaultOptions]))
    .digest("hex");
}

interface Identified {
  lc_serializable: boolean;
  _identifyingParams(): Record<string, unknown>;
  clientConfig: { baseURL?: string };
  baseUrl: string;
  /** What `withConfig` of some classes sets. */
  defaultOptions: Record<string, unknown>;
}

/** An object is written where it is met first: agents and callbacks among the fields may refer to themselves. */
function plainJson(value: unknown): string {
  const seen = new WeakSet<object>();
  return JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part === "bigint") return String(part);
    if (typeof part !== "object" || part === null) return part;
    if (seen.has(part)) return undefined;
    seen.add(part);
    return part;
  });
}
