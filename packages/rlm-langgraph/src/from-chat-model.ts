import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { Model } from "rlm-core";
export async function fromChatModel(_model: BaseChatModel | string): Promise<Model> {
  throw new Error("placeholder until the branch chat is merged");
}
