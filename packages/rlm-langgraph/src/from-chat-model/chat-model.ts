import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import type { BaseChatModelCallOptions } from "@langchain/core/language_models/chat_models";
import type { ModelProfile } from "@langchain/core/language_models/profile";
import type { BaseMessage } from "@langchain/core/messages";
import type { Runnable, RunnableConfig } from "@langchain/core/runnables";

/** A chat model of LangChain, also one that `withConfig` or `bindTools` has wrapped. */
export type ChatModel = Runnable<BaseLanguageModelInput, BaseMessage>;

export type CallOptions = Partial<BaseChatModelCallOptions> & Record<string, unknown>;

/** What is read of a chat model; fields differ from one package to the next. */
export interface ChatModelFields extends ChatModel {
  _llmType(): string;
  readonly profile?: ModelProfile;
  readonly model?: string;
  readonly modelName?: string;
  readonly useResponsesApi?: boolean;
  /** The window of an Ollama model, as it was asked for. */
  readonly numCtx?: number;
}

/**
 * Told by its shape: an application may have two copies of @langchain/core, and then `instanceof` says no.
 * A model that is wrapped by `withConfig` or `bindTools` is one too.
 */
export function isChatModel(value: unknown): value is ChatModel {
  if (typeof value !== "object" || value === null) return false;
  if ("bound" in value) return isChatModel(value.bound);
  return (
    "invoke" in value &&
    "_modelType" in value &&
    typeof value._modelType === "function" &&
    value._modelType() === "base_chat_model"
  );
}

/** The chat model inside of its wrappers. */
export function innermost(model: ChatModel): ChatModelFields {
  return "bound" in model ? innermost(model.bound as ChatModel) : (model as ChatModelFields);
}

/** The model's name in usage and prices; undefined where it is not known, as of one that is made when it is asked. */
export function ownName(model: ChatModel): string | undefined {
  const inner = innermost(model);
  if ("_getModelInstance" in inner) return undefined;
  return inner.model ?? inner.modelName ?? inner._llmType();
}

/** What `initChatModel` gives has the model behind it; that one has the fields. */
export async function unwrap(model: ChatModel): Promise<ChatModel> {
  if (!("_getModelInstance" in model)) return model;
  return await (model as ChatModel & Configurable)._getModelInstance();
}

interface Configurable {
  _getModelInstance(config?: RunnableConfig): Promise<ChatModel>;
}
