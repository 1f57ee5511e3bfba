import type { DocumentInterface } from "@langchain/core/documents";
import { BaseMessage } from "@langchain/core/messages";
import { storeContexts, type ContextInput, type ContextRef, type RunStore } from "rlm-core";
import { isContextRef } from "./context-ref.ts";

/** What a Runnable takes as context: what rlm-core takes, LangChain's documents and messages, or references. */
export type RlmContext =
  | ContextInput
  | readonly DocumentInterface[]
  | readonly BaseMessage[]
  | ContextRef
  | readonly ContextRef[];

/** Keeps a context in the store, and describes it. Throws InputError for what cannot be one, and stops when `signal` aborts. */
export async function toContextRefs(context: RlmContext, store: RunStore, signal?: AbortSignal): Promise<ContextRef[]> {
  const refs = Array.isArray(context) ? context : [context];
  if (refs.length > 0 && refs.every(isContextRef)) return refs;
  return await storeContexts(plainContext(context as ContextInput), store, signal);
}

/** Documents and messages as plain data: a message's own JSON is the form of LangChain's serializer. */
export function plainContext<T extends object | string>(context: T): T | object[] {
  if (!Array.isArray(context) || context.length === 0) return context;
  if (context.every((item) => BaseMessage.isInstance(item)))
    return context.map(({ type, name, text }) => ({ role: type, ...(name !== undefined && { name }), content: text }));
  if (context.every(isDocument)) return context.map(({ pageContent, metadata }) => ({ pageContent, metadata }));
  return context;
}

function isDocument(item: unknown): item is DocumentInterface {
  return (
    typeof item === "object" &&
    item !== null &&
    "pageContent" in item &&
    typeof item.pageContent === "string" &&
    "metadata" in item
  );
}
