import type { JsonSchema } from "./json-schema.ts";

/** One message of a chat, as every provider knows it. */
export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/**
 * Tokens of one model call; `inputTokens` is all that it read, from its cache too.
 * `estimated` is set where the model reported none and we counted them ourselves.
 */
export interface TokenUsage {
  inputTokens: number;
  outputTokens: number;
  estimated?: boolean;
}

/** What a model is asked for beside its messages. */
export interface ModelOptions {
  /** The most tokens it may write. */
  maxOutputTokens: number;
  /** JSON Schema of the reply, for models that can be held to one; the words of the prompt ask for it as well. */
  responseFormat?: JsonSchema;
  /** Aborts the request. */
  signal: AbortSignal;
  /** Who asks: the root of a session, a plain sub-call, the last call at a limit, a short context, or a history that has become long. */
  purpose: "root" | "sub" | "conclude" | "direct" | "compact";
  /** 0 at the root. */
  depth: number;
}

/** A function that a model calls in the way of its provider, instead of writing code. */
export interface ToolCall {
  /** The provider's, by which the result is given back. */
  id?: string;
  name: string;
  args: Record<string, unknown>;
}

export interface ModelReply {
  text: string;
  /** Of a root model that was given functions by whoever made it: they end the run, which gives them to its caller. */
  toolCalls?: readonly ToolCall[];
  usage?: TokenUsage;
  /** The model that answered, for the price table; by default `Model.modelName`. */
  model?: string;
  /** "length": cut by maxOutputTokens; "filtered": withheld, by the provider or by the model itself. */
  finishReason?: "stop" | "length" | "filtered";
}

/**
 * A language model: one function. Any provider fits behind it. It throws the error of its client as it is, with `status`,
 * `headers`, `code` or `cause`: those tell which errors pass and are worth another request. The code "NO_COMPLETION" is for
 * a server that answers, but with something else: mostly another program at a wrong address.
 */
export interface Model {
  (messages: ChatMessage[], options: ModelOptions): Promise<ModelReply>;
  /** Name in usage, prices and traces. @default "model" */
  readonly modelName?: string;
  /** What else tells it from others of its name, such as temperature and server: a part of the cache's keys. No secrets. */
  readonly settings?: string;
  /** Tokens it can read at once, where known. */
  readonly contextWindow?: number;
}
