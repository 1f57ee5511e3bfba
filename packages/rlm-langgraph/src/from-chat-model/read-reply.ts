import { AIMessage, type BaseMessage, type UsageMetadata } from "@langchain/core/messages";
import type { ModelReply } from "rlm-core";

/** Text, calls of tools, usage, name and end of a reply; nothing of what the model thought before it. */
export function readReply(message: BaseMessage, generationInfo?: Record<string, unknown>): ModelReply {
  const metadata: Record<string, unknown> = { ...generationInfo, ...message.response_metadata };
  return {
    text: textOf(message.content),
    ...definedOnly({
      toolCalls: toolCallsOf(message),
      usage: usageOf(message),
      model: text(metadata["model_name"]) ?? text(metadata["model"]),
      finishReason: finishReasonOf(metadata),
    }),
  };
}

/** Google's package throws where a model had used up its tokens before it wrote a word; that is a reply cut by length. */
export function cutReply(error: unknown): ModelReply | undefined {
  if (typeof error !== "object" || error === null || !("finishReason" in error)) return undefined;
  return finishReasonOf({ ...error }) === "length" ? { text: "", finishReason: "length" } : undefined;
}

// Of content in blocks only those of type text; reasoning, thinking and tool calls are blocks of other types.
function textOf(content: BaseMessage["content"]): string {
  if (typeof content === "string") return content;
  return content.map((block) => (block.type === "text" ? (text(block["text"]) ?? "") : "")).join("");
}

function toolCallsOf(message: BaseMessage): ModelReply["toolCalls"] {
  if (!AIMessage.isInstance(message) || message.tool_calls === undefined || message.tool_calls.length === 0)
    return undefined;
  return message.tool_calls.map(({ id, name, args }) => ({ ...(id !== undefined && { id }), name, args }));
}

export function usageOf(message: BaseMessage): ModelReply["usage"] {
  const usage =
    "usage_metadata" in message ? (message.usage_metadata as Partial<UsageMetadata> | undefined) : undefined;
  const { input_tokens: inputTokens, output_tokens: written, total_tokens: total } = usage ?? {};
  // Servers that report nothing come out as no fields, or as zeros.
  if (!inputTokens || written === undefined) return undefined;
  // What Google's models thought is paid for as output, but counted in the total alone.
  return { inputTokens, outputTokens: Math.max(written, (total ?? 0) - inputTokens) };
}

// OpenAI and its like, Anthropic, Google, Ollama, Bedrock.
const reasonFields = ["finish_reason", "stop_reason", "finishReason", "done_reason", "stopReason"];
const lengthReasons = new Set(["length", "max_tokens", "max_output_tokens", "model_length"]);
const filterReasons = new Set([
  "content_filter",
  "refusal",
  "content_filtered",
  "guardrail_intervened",
  "safety",
  "prohibited_content",
  "blocklist",
  "recitation",
  "spii",
]);

function finishReasonOf(metadata: Record<string, unknown>): ModelReply["finishReason"] {
  const reasons = [...reasonFields.map((field) => metadata[field]), incompleteReason(metadata)].filter(
    (reason) => typeof reason === "string",
  );
  if (reasons.some((reason) => lengthReasons.has(reason.toLowerCase()))) return "length";
  if (reasons.some((reason) => filterReasons.has(reason.toLowerCase()))) return "filtered";
  return reasons.length > 0 || metadata["status"] === "completed" ? "stop" : undefined;
}

// OpenAI's Responses API: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }.
function incompleteReason({ incomplete_details: details }: Record<string, unknown>): unknown {
  return typeof details === "object" && details !== null && "reason" in details ? details.reason : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function definedOnly<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
