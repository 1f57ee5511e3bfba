import { InputError, type ChatMessage, type Model, type ModelReply } from "rlm-core";
import { askChatModel } from "./from-chat-model/ask-chat-model.ts";
import type { CallOptions, ChatModel } from "./from-chat-model/chat-model.ts";
import { innermost, isChatModel, ownName, unwrap } from "./from-chat-model/chat-model.ts";
import { namedModel, readName } from "./from-chat-model/named-model.ts";
import { withOutputLimit } from "./from-chat-model/output-limit.ts";
import { isRefusal, responseFormatOptions } from "./from-chat-model/response-format.ts";
import { settingsOf } from "./from-chat-model/settings-of.ts";
import { toMessage } from "./from-chat-model/to-message.ts";

export type { ChatModel } from "./from-chat-model/chat-model.ts";

export interface ChatModelOptions {
  /** Address of the server, for a model given by name. @default that of the provider */
  baseUrl?: string;
  /** Tokens it can read at once; to an Ollama model given by name it is told as `numCtx`. @default `numCtx` of an Ollama model, else what the model's profile says */
  contextWindow?: number;
  /** Further fields of the constructor, for a model given by name, such as `{ temperature: 0, numCtx: 32_768 }`. */
  fields?: Record<string, unknown>;
}

/**
 * Any LangChain chat model as a {@link Model}; or one by name, such as "openai:gpt-5-mini", by langchain's `initChatModel`.
 * LangChain's retries are switched off in each call where its package lets a call do so, for rlm-core retries by the
 * kind of error; give `maxRetries: 0` to an instance of any other package. Errors of a call pass through as they are.
 * Throws {@link InputError} for what is no chat model, an unknown provider, one whose package is not installed, or no key.
 */
export async function fromChatModel(model: ChatModel | string, options: ChatModelOptions = {}): Promise<Model> {
  checkOptions(model, options);
  const chat = typeof model === "string" ? await namedModel(model, options) : await unwrap(model);
  const { profile, numCtx } = innermost(chat);
  const withLimit = withOutputLimit(chat, profile?.maxOutputTokens);
  const serves = options.baseUrl !== undefined || profile?.structuredOutput === true;
  let refusesFormat = false;

  async function ask(messages: ChatMessage[], { maxOutputTokens, responseFormat, signal }: Parameters<Model>[1]) {
    const limited = withLimit(maxOutputTokens);
    const input = messages.map(toMessage);
    const invoke = async (format: CallOptions = {}): Promise<ModelReply> =>
      await askChatModel(limited, input, { signal, maxRetries: 0, ...format });
    const format =
      responseFormat && serves && !refusesFormat ? responseFormatOptions(innermost(chat), responseFormat) : undefined;
    if (!format) return await invoke();
    try {
      return await invoke(format);
    } catch (error) {
      if (signal.aborted || !isRefusal(error)) throw error;
      const reply = await invoke();
      // The same request without a schema was fine, so it was the schema; the prompt asks for JSON anyway.
      refusesFormat = true;
      return reply;
    }
  }
  return Object.assign(ask, {
    modelName: ownName(chat),
    settings: settingsOf(chat),
    contextWindow: options.contextWindow ?? numCtx ?? profile?.maxInputTokens,
    tracesItself: true,
  });
}

/** Throws {@link InputError} for what {@link fromChatModel} would refuse of a name and its options, but needs neither key nor the provider's package. */
export async function checkModelName(name: string, options: ChatModelOptions = {}): Promise<void> {
  checkOptions(name, options);
  await readName(name, options);
}

function checkOptions(model: unknown, options: ChatModelOptions): void {
  const { baseUrl, contextWindow, fields } = options;
  const named = typeof model === "string";
  if (!named && !isChatModel(model))
    throw new InputError(
      `Expected model to be a chat model of LangChain, or its name such as "openai:gpt-5", got ${kindOf(model)}`,
    );
  if (contextWindow !== undefined && !(Number.isInteger(contextWindow) && contextWindow > 0))
    throw new InputError(`Expected contextWindow to be an integer of 1 or more, got ${String(contextWindow)}`);
  if (!named && (baseUrl !== undefined || fields !== undefined))
    throw new InputError(
      "Expected baseUrl and fields with a model given by name; give them to the constructor of this one",
    );
  if (baseUrl !== undefined && !/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? ""))
    throw new InputError(`Expected baseUrl to be an http or https address, got "${baseUrl}"`);
}

function kindOf(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return `an object of ${value.constructor?.name ?? "no class"}`;
}
