import { InputError, type Model, type RlmOptions } from "rlm-core";
import { fromChatModel, type ChatModel } from "./from-chat-model.ts";
import { isChatModel, ownName } from "./from-chat-model/chat-model.ts";
import { tracedModel } from "./tracing/traced-model.ts";

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

/** The models as far as they are known before one is loaded, for checks: none of them answers. */
export function standIns(
  model: ModelLike,
  subModel: SubModelLike | undefined,
): Required<Pick<RlmOptions, "model">> & Pick<RlmOptions, "subModel"> {
  if (subModel === undefined) return { model: standIn(model) };
  if (!isRecord(subModel)) return { model: standIn(model), subModel: standIn(subModel) };
  const named = Object.entries(subModel).map(([name, one]) => [name, standIn(one)] as const);
  return { model: standIn(model), subModel: Object.fromEntries(named) as { default: Model } };
}

/** The name of a model whose own is not known before it is loaded. */
export const unknownName = "a model that is not loaded yet";

function standIn(model: ModelLike): Model {
  if (typeof model === "function") return model;
  const refuse: Model = () => Promise.reject(new Error("Cannot ask: the model is not loaded"));
  return Object.assign(refuse, {
    modelName: (typeof model === "string" ? shortName(model) : ownName(model)) ?? unknownName,
  });
}

// Google's package leaves out "models/", and so may whoever gives its price.
function shortName(name: string): string | undefined {
  const short = name.slice(name.indexOf(":") + 1);
  return short.includes("/") ? undefined : short;
}

async function toModel(model: ModelLike): Promise<Model> {
  return typeof model === "function" ? tracedModel(model) : await fromChatModel(model);
}

function isRecord(model: SubModelLike): model is { default: ModelLike } {
  return typeof model === "object" && model !== null && "default" in model;
}
