import { InputError, type Model, type RlmOptions } from "rlm-core";
import { fromChatModel, type ChatModel } from "./from-chat-model.ts";
import { isChatModel } from "./from-chat-model/chat-model.ts";

/** A LangChain chat model, the name of one such as "openai:gpt-5-mini", or a Model of rlm-core. */
export type ModelLike = ChatModel | string | Model;

/** One for plain sub-calls and children, or several from which the code may choose by name. */
export type SubModelLike = ModelLike | { default: ModelLike; [name: string]: ModelLike };

/** Throws {@link InputError} for what is no model; whether one given by name is there, only loading it tells. */
export function checkModels(model: ModelLike, subModel: SubModelLike | undefined): void {
  checkModel(model, "model");
  if (subModel === undefined) return;
  if (typeof subModel !== "object" || subModel === null || isChatModel(subModel))
    return checkModel(subModel, "subModel");
  checkModel(subModel.default, "subModel.default");
  for (const [name, one] of Object.entries(subModel)) checkModel(one, `subModel.${name}`);
}

function checkModel(model: unknown, name: string): void {
  if (typeof model === "function" || (typeof model === "string" && model !== "") || isChatModel(model)) return;
  const got = typeof model === "object" && model !== null ? "an object that is none" : JSON.stringify(model);
  throw new InputError(
    `Expected options.${name} to be a chat model of LangChain, the name of one such as "openai:gpt-5", or a Model of rlm-core, got ${got}`,
  );
}

/** The models as rlm-core takes them; those given by name are loaded here. */
export async function resolveModels(
  model: ModelLike,
  subModel: SubModelLike | undefined,
): Promise<Pick<RlmOptions, "model" | "subModel">> {
  const root = await toModel(model);
  if (subModel === undefined) return { model: root };
  if (!isRecord(subModel)) return { model: root, subModel: await toModel(subModel) };
  const named = Object.entries(subModel).map(async ([name, one]) => [name, await toModel(one)] as const);
  return { model: root, subModel: Object.fromEntries(await Promise.all(named)) as { default: Model } };
}

async function toModel(model: ModelLike): Promise<Model> {
  return typeof model === "function" ? model : await fromChatModel(model);
}

function isRecord(model: SubModelLike): model is { default: ModelLike } {
  return typeof model === "object" && model !== null && "default" in model;
}
