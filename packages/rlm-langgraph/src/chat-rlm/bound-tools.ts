import type { BindToolsInput } from "@langchain/core/language_models/chat_models";
import { convertToOpenAITool, isLangChainTool } from "@langchain/core/utils/function_calling";
import { InputError, type JsonSchema, type ToolCall } from "rlm-core";
import type { CallOptions, ChatModel } from "../from-chat-model/chat-model.ts";

/** A tool as it is bound: in OpenAI's form, which every package of LangChain takes, or in the form of its provider. */
export type BoundTool = Record<string, unknown>;

/** Plain data, for call options are part of the keys of LangChain's cache. */
export function plainTools(tools: readonly BindToolsInput[]): BoundTool[] {
  return tools.map((tool) => (isLangChainTool(tool) ? { ...convertToOpenAITool(tool) } : (tool as BoundTool)));
}

/** A chat model with tools bound to it, also one that `withConfig` has wrapped. Throws {@link InputError} where it takes none. */
export function bindTools(model: ChatModel, tools: readonly BoundTool[], options: CallOptions): ChatModel {
  if ("bindTools" in model && typeof model.bindTools === "function")
    return model.bindTools(tools, options) as ChatModel;
  if ("bound" in model) {
    const { kwargs, config } = model as ChatModel & { kwargs?: CallOptions; config?: object };
    const bound = bindTools(model.bound as ChatModel, tools, { ...kwargs, ...options });
    return bound.withConfig({ ...config }) as ChatModel;
  }
  throw new InputError(`Cannot bind tools: the model ${model.getName()} has no bindTools`);
}

/** One function that a model is to call in any case, or several to choose from. */
export interface Forced {
  functions: { name: string; description?: string; parameters: JsonSchema }[];
}

/** The functions of which one is to be called in any case, by what providers and LangChain understand as `tool_choice`. */
export function forcedTools(tools: readonly BoundTool[], choice: unknown): Forced | undefined {
  const named = nameOf(choice);
  if (named === undefined && !isAny(choice)) return undefined;
  const functions = tools
    .flatMap((tool) => functionOf(tool) ?? [])
    .filter(({ name }) => named === undefined || name === named);
  return functions.length === 0 ? undefined : { functions };
}

/** The form that an answer has to have to be the arguments of a call: of one function those, of several its name too. */
export function formatOf({ functions }: Forced): JsonSchema {
  const [first, ...others] = functions;
  if (first !== undefined && others.length === 0) return first.parameters;
  return {
    anyOf: functions.map(({ name, description, parameters }) => ({
      type: "object",
      ...(description !== undefined && { description }),
      properties: { name: { const: name }, args: parameters },
      required: ["name", "args"],
    })),
  };
}

/** The call that an answer of that form is. */
export function callOf({ functions }: Forced, answer: unknown, id: string): ToolCall {
  const [first, ...others] = functions;
  if (first !== undefined && others.length === 0) return { id, name: first.name, args: answer as ToolCall["args"] };
  const { name, args } = answer as Pick<ToolCall, "name" | "args">;
  return { id, name, args };
}

function functionOf(tool: BoundTool): Forced["functions"][number] | undefined {
  const given = typeof tool["function"] === "object" && tool["function"] !== null ? tool["function"] : tool;
  const { name, description, parameters, input_schema } = given as Record<string, unknown>;
  const schema = parameters ?? input_schema;
  if (typeof name !== "string" || typeof schema !== "object" || schema === null) return undefined;
  const { $schema, ...plain } = schema as JsonSchema;
  return { name, ...(typeof description === "string" && { description }), parameters: plain };
}

// "auto" and "none", and objects that say so, force nothing.
function isAny(choice: unknown): boolean {
  const word = typeof choice === "object" && choice !== null && "type" in choice ? choice.type : choice;
  return word === "any" || word === "required";
}

function nameOf(choice: unknown): string | undefined {
  if (typeof choice === "string") return words.has(choice) ? undefined : choice;
  if (typeof choice !== "object" || choice === null) return undefined;
  const named = "function" in choice && typeof choice.function === "object" ? choice.function : choice;
  return named !== null && "name" in named && typeof named.name === "string" ? named.name : undefined;
}

const words = new Set(["auto", "none", "any", "required"]);
