import type { Cited } from "rlm-core";
import {
  AIMessage,
  AIMessageChunk,
  type AIMessageChunkFields,
  type BaseMessage,
  type UsageMetadata,
} from "@langchain/core/messages";
import type { ChildCallbacks, Tokens } from "./child-callbacks.ts";

/** What `response_metadata.rlm` of a message tells: how the reply came about, and what all of it used; `citations` of an rlm with `cite`. */
export interface RlmMetadata extends Partial<Cited> {
  /** plain: no text was long, so the root model was asked as it is; the others as in a result of createRlm. */
  status: "plain" | "final" | "direct" | "concluded" | "tool_calls";
  /** Absent where a server tells none. */
  usage?: UsageMetadata;
  limit?: string;
  runId?: string;
  /** Model calls. */
  calls?: number;
  costUsd?: number;
}

export function usageMetadata({ inputTokens, outputTokens }: Tokens): UsageMetadata {
  return { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}

/**
 * What a model run tells of tokens in the trace: those that no run below it has told. Whoever adds up the model runs of a
 * trace has then counted each token once; the message that the caller gets tells of all of them, see {@link withWholeUsage}.
 */
export function untoldUsage(usage: UsageMetadata, { isRun, told }: ChildCallbacks): UsageMetadata | undefined {
  // Nothing is traced.
  if (!isRun) return usage;
  const below = told();
  const inputTokens = Math.max(0, usage.input_tokens - below.inputTokens);
  const outputTokens = Math.max(0, usage.output_tokens - below.outputTokens);
  return inputTokens + outputTokens === 0 ? undefined : usageMetadata({ inputTokens, outputTokens });
}

/** A reply as its caller gets it, with the usage of the whole tree; a copy, for LangChain's cache and tracers hold the other. */
export function withWholeUsage<M extends BaseMessage>(message: M): M {
  const { rlm } = message.response_metadata as { rlm?: RlmMetadata };
  if (rlm?.usage === undefined || !AIMessage.isInstance(message)) return message;
  // Out of a cache it has cost nothing now, which LangChain says by zeros.
  if (message.usage_metadata?.total_tokens === 0) return message;
  return withUsage(message, rlm.usage) as BaseMessage as M;
}

/** A chunk that says nothing of usage: that comes with the last one. */
export function withoutUsage(chunk: AIMessageChunk): AIMessageChunk {
  return chunk.usage_metadata === undefined ? chunk : new AIMessageChunk(fieldsOf(chunk));
}

/** What makes the message again, but for its usage. */
export function fieldsOf(message: AIMessage): AIMessageChunkFields {
  const given = Object.entries(message).filter(([name, value]) => copied.has(name) && value !== undefined);
  return { content: message.content, ...Object.fromEntries(given) };
}

const copied = new Set([
  "content",
  "additional_kwargs",
  "response_metadata",
  "id",
  "name",
  "tool_calls",
  "invalid_tool_calls",
  "tool_call_chunks",
]);

function withUsage(message: AIMessage, usage_metadata: UsageMetadata): AIMessage {
  const fields = { ...fieldsOf(message), usage_metadata };
  return isChunk(message) ? new AIMessageChunk(fields) : new AIMessage(fields);
}

function isChunk(message: AIMessage): boolean {
  return "concat" in message;
}
