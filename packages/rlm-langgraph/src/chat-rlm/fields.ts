import type { BaseChatModelParams, LangSmithParams } from "@langchain/core/language_models/chat_models";
import { InputError } from "rlm-core";
import { Rlm } from "../create-rlm.ts";
import { innermost, isChatModel, ownName } from "../from-chat-model/chat-model.ts";
import { settingsOf } from "../from-chat-model/settings-of.ts";
import type { ModelLike, SubModelLike } from "../models.ts";
import type { RlmRunnableOptions } from "../rlm-input.ts";

/** What is ChatRlm's own, beside what every chat model of LangChain takes; `cache` is LangChain's. */
interface OwnFields extends BaseChatModelParams {
  /** A text of more tokens than this becomes context. @default 8_000 */
  contextAbove?: number;
  /** Ends a reply where one of these words stands; in a call, `stop` does so. @default none */
  stop?: string[];
  /** Whether `stream` gives the whole reply at once. @default false */
  disableStreaming?: boolean;
}

/** Those of createRlm that a chat model can have: it keeps nothing between two calls, so it can neither wait for a person nor be resumed. */
type RlmFields = Omit<RlmRunnableOptions<unknown>, "cache" | "checkpointer" | "idleMs" | "liveSessions">;

/** A Recursive Language Model that exists, or the options of one. */
export type ChatRlmFields = OwnFields &
  (({ rlm: Rlm<unknown> } & { [K in keyof RlmFields]?: never }) | ({ rlm?: undefined } & RlmFields));

/** Throws {@link InputError} for what cannot be a chat model; what belongs to createRlm it checks itself. */
export function checkFields(fields: unknown): asserts fields is ChatRlmFields {
  if (typeof fields !== "object" || fields === null)
    throw new InputError(
      `Expected the fields of ChatRlm to be an object with an rlm or a model, got ${JSON.stringify(fields)}`,
    );
  const { rlm, contextAbove, stop, ...others } = fields as Partial<OwnFields> & { rlm?: unknown };
  const given = Object.keys(others).filter((name) => !Object.hasOwn(ownNames, name));
  if (rlm !== undefined && !(rlm instanceof Rlm))
    throw new InputError("Expected fields.rlm to be what createRlm() gives; it is not");
  if (rlm !== undefined && given.length > 0)
    throw new InputError(
      `Cannot use fields.${given[0]} beside fields.rlm: it is an option of createRlm; give it there`,
    );
  const { checkpointer } = rlm === undefined ? (others as { checkpointer?: unknown }) : Rlm.optionsOf(rlm);
  if (checkpointer !== undefined)
    throw new InputError(
      "Cannot make a chat model of an rlm with a checkpointer: a chat model keeps nothing between two calls, its messages hold everything; make it of one without",
    );
  if (contextAbove !== undefined && !(Number.isFinite(contextAbove) && contextAbove >= 0))
    throw new InputError(`Expected fields.contextAbove to be tokens, 0 or more, got ${String(contextAbove)}`);
  if (stop !== undefined && !(Array.isArray(stop) && stop.every((word) => typeof word === "string")))
    throw new InputError(`Expected fields.stop to be a list of texts, got ${JSON.stringify(stop)}`);
}

/** The options of createRlm among the fields. */
export function rlmOptionsOf(fields: ChatRlmFields): RlmRunnableOptions<unknown> {
  const own = Object.entries(fields).filter(([name]) => name !== "rlm" && !Object.hasOwn(ownNames, name));
  return Object.fromEntries(own) as unknown as RlmRunnableOptions<unknown>;
}

// All of them, says the type.
const ownNames: Record<keyof OwnFields, true> = {
  contextAbove: true,
  stop: true,
  disableStreaming: true,
  cache: true,
  callbacks: true,
  callbackManager: true,
  maxConcurrency: true,
  maxRetries: true,
  metadata: true,
  onFailedAttempt: true,
  outputVersion: true,
  tags: true,
  verbose: true,
};

/** What tells one ChatRlm from another: models with their settings, and what else an answer depends on. */
export function identityOf(
  { model, subModel, limits, responseFormat, profile, tools = [] }: RlmRunnableOptions<unknown>,
  contextAbove: number,
): Record<string, unknown> {
  return {
    model: identityOfModel(model),
    subModel: subModel === undefined ? undefined : identityOfSubModel(subModel),
    limits,
    responseFormat,
    profile,
    tools: tools.map(({ name }) => name),
    contextAbove,
  };
}

export function identityOfSubModel(model: SubModelLike): unknown {
  if (typeof model !== "object" || isChatModel(model)) return identityOfModel(model);
  return Object.fromEntries(Object.entries(model).map(([name, one]) => [name, identityOfModel(one)]));
}

export function identityOfModel(model: ModelLike): unknown {
  if (typeof model === "string") return model;
  if (typeof model === "function") return [model.modelName ?? model.name, model.settings];
  return [ownName(model), settingsOf(model)];
}

/** Whether LangChain's serializer can write the fields and read them again: nothing that lives is among them. */
export function isPlain(fields: ChatRlmFields): boolean {
  return Object.entries(fields).every(
    ([name, value]) => plainNames.has(name) || (modelNames.has(name) && isPlainModel(value)),
  );
}

const plainNames = new Set([
  "contextAbove",
  "stop",
  "disableStreaming",
  "limits",
  "prices",
  "tags",
  "metadata",
  "verbose",
  "outputVersion",
  "maxConcurrency",
  "maxRetries",
]);
const modelNames = new Set(["model", "subModel"]);

function isPlainModel(model: unknown): boolean {
  return typeof model === "string" || (isChatModel(model) && "lc_serializable" in model && model.lc_serializable);
}

/** What LangSmith is told of the model; the provider is this package, for the tokens of others are told by the runs below. */
export function langSmithParams(model: ModelLike, options: { stop?: string[] | undefined }): LangSmithParams {
  const inner = typeof model === "object" ? innermost(model) : undefined;
  const of =
    inner !== undefined && "getLsParams" in inner && typeof inner.getLsParams === "function"
      ? (inner.getLsParams(options) as Partial<LangSmithParams>)
      : {};
  return {
    ls_provider: "rlm",
    ls_model_name: rootNameOf(model),
    ls_model_type: "chat",
    ls_temperature: of.ls_temperature,
    ls_max_tokens: of.ls_max_tokens,
    ls_stop: options.stop,
  };
}

/** The root model's name, as far as it is known before it is loaded. */
export function rootNameOf(model: ModelLike): string | undefined {
  if (typeof model === "string") return model.slice(model.indexOf(":") + 1);
  return typeof model === "function" ? model.modelName : ownName(model);
}
