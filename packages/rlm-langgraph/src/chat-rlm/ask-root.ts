import { AIMessage, type AIMessageChunk, type BaseMessage, type UsageMetadata } from "@langchain/core/messages";
import { defaultLimits, InputError, type ChatMessage, type Limits, type Model } from "rlm-core";
import type { CallOptions, ChatModel } from "../from-chat-model/chat-model.ts";
import { bindTools, type BoundTool } from "./bound-tools.ts";
import { cutAtStop } from "./stop.ts";
import { usageMetadata } from "./usage.ts";

/** What one plain call of the root model is asked with, beside the messages. */
export interface RootCall {
  tools: readonly BoundTool[];
  stop?: string[] | undefined;
  signal?: AbortSignal | undefined;
  /** Further options, as they were given to ChatRlm. */
  options: CallOptions;
}

/** The messages as they are, to the root model: what is short needs no REPL. */
export async function askRoot(chat: ChatModel, messages: BaseMessage[], call: RootCall): Promise<AIMessage> {
  const { model, options } = boundRoot(chat, call);
  return asReply(await model.invoke(messages, options));
}

/** The same as a stream. */
export async function streamRoot(
  chat: ChatModel,
  messages: BaseMessage[],
  call: RootCall,
): Promise<AsyncIterable<AIMessageChunk>> {
  const { model, options } = boundRoot(chat, call);
  return (await model.stream(messages, options)) as AsyncIterable<AIMessageChunk>;
}

function boundRoot(
  chat: ChatModel,
  { tools, stop, signal, options }: RootCall,
): { model: ChatModel; options: CallOptions } {
  // What it streams, ChatRlm's own run streams: a graph's stream of messages would have it twice.
  const own = { tags: ["langsmith:nostream"], ...(stop && { stop }), ...(signal && { signal }) };
  if (tools.length === 0) return { model: chat, options: { ...options, ...own } };
  const { callbacks, ...kwargs } = options;
  return { model: bindTools(chat, tools, kwargs), options: { ...own, ...(callbacks && { callbacks }) } };
}

function asReply(message: BaseMessage): AIMessage {
  if (AIMessage.isInstance(message)) return message;
  throw new InputError(`Expected the root model to reply with an AIMessage, got one of type "${message.type}"`);
}

/** The messages as they are, as far as a Model of rlm-core knows them: texts of three roles. */
export async function askModelFunction(
  model: Model,
  messages: readonly BaseMessage[],
  { tools, stop, signal = new AbortController().signal }: RootCall,
  limits: Partial<Limits> = {},
): Promise<{ message: AIMessage; usage: UsageMetadata | undefined }> {
  if (tools.length > 0)
    throw new InputError(
      "Cannot bind tools to a Model of rlm-core: give ChatRlm a chat model of LangChain, or its name",
    );
  const { maxOutputTokens = defaultLimits.maxOutputTokens } = limits;
  const reply = await model(messages.map(plainMessage), { maxOutputTokens, signal, purpose: "direct", depth: 0 });
  const { text, usage, model: name = model.modelName, finishReason } = reply;
  const content = cutAtStop(text, stop);
  const metadata = { ...(name !== undefined && { model: name }), ...(finishReason && { finish_reason: finishReason }) };
  return { message: new AIMessage({ content, response_metadata: metadata }), usage: usage && usageMetadata(usage) };
}

function plainMessage({ type, text }: BaseMessage): ChatMessage {
  if (type === "system") return { role: "system", content: text };
  return { role: type === "ai" ? "assistant" : "user", content: text };
}
