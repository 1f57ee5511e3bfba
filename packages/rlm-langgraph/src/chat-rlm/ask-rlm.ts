import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import type { RunnableConfig } from "@langchain/core/runnables";
import { AIMessage } from "@langchain/core/messages";
import { big, named, type JsonSchema, type Model, type RlmEvent, type RlmResult } from "rlm-core";
import { Rlm } from "../create-rlm.ts";
import { fromChatModel } from "../from-chat-model.ts";
import type { CallOptions, ChatModel } from "../from-chat-model/chat-model.ts";
import type { RlmContext } from "../to-context.ts";
import { bindTools, callOf, forcedTools, formatOf, type BoundTool } from "./bound-tools.ts";
import type { LongInput } from "./split-messages.ts";
import { cutAtStop } from "./stop.ts";
import { usageMetadata, type RlmMetadata } from "./usage.ts";

export interface RlmCall {
  rlm: Rlm<unknown>;
  /** The root model, for binding tools to it; a Model of rlm-core takes none. */
  chat: () => Promise<ChatModel | undefined>;
  tools: readonly BoundTool[];
  options: CallOptions;
  stop?: string[] | undefined;
  config: Pick<RunnableConfig, "callbacks" | "signal" | "configurable">;
  onEvent?: (event: RlmEvent) => void;
}

/** A run of the Recursive Language Model over the long texts, and its answer, or its calls of tools, as a message. */
export async function askRlm(input: LongInput, call: RlmCall): Promise<AIMessage> {
  const { rlm, tools, options, config, onEvent } = call;
  const { tool_choice: choice } = options;
  const forced = forcedTools(tools, choice);
  const format = forced === undefined ? structuredFormat(options) : formatOf(forced);
  const native = forced === undefined && choice !== "none" && tools.length > 0;
  const model = native ? await withTools(call) : undefined;
  const { profile = big } = Rlm.optionsOf(rlm);
  const instructions = [profile.instructions, input.instructions, ...(native ? [toolWords(tools)] : [])];
  const parts = {
    profile: {
      ...profile,
      instructions: instructions.filter((part) => part !== undefined && part !== "").join("\n\n"),
    },
    ...(model && { model }),
    ...(format && { responseFormat: format }),
    ...(onEvent && { onEvent }),
  };
  const { query, contexts } = input;
  const context =
    Object.keys(contexts).length === 1 ? contexts["context"] : named(contexts as Parameters<typeof named>[0]);
  const asked = { query, context: context as RlmContext };
  const result = await Rlm.invokeWith(rlm, parts, asked, runConfig(config));
  if (forced !== undefined && result.toolCalls === undefined)
    return toMessage({ ...result, answer: "", toolCalls: [callOf(forced, result.answer, `call_${result.runId}`)] }, []);
  return toMessage(result, call.stop);
}

/** The result as a message; the name of the model that answered is the caller's to add. */
function toMessage({ answer, status, limit, toolCalls, usage, runId }: RlmResult<unknown>, stop?: string[]): AIMessage {
  const { calls, costUsd } = usage;
  const rlm: RlmMetadata = { status, ...(limit && { limit }), runId, calls, costUsd, usage: usageMetadata(usage) };
  const text = typeof answer === "string" ? answer : JSON.stringify(answer);
  return new AIMessage({
    content: cutAtStop(text, stop),
    tool_calls: (toolCalls ?? []).map((one) => ({ ...one, args: { ...one.args }, type: "tool_call" as const })),
    response_metadata: { finish_reason: toolCalls === undefined ? "stop" : "tool_calls", rlm },
  });
}

/** The root model with tools bound; what summarises its history for itself has none. */
async function withTools({ chat, tools, options }: RlmCall): Promise<Model | undefined> {
  const root = await chat();
  if (root === undefined) return undefined;
  // What a provider holds the form of a reply by would hold the code to it.
  const { response_format, outputConfig, responseSchema, ls_structured_output_format, ...kwargs } = options;
  const plain = await fromChatModel(root);
  const bound = await fromChatModel(bindTools(root, tools, kwargs));
  const ask: Model = async (messages, given) => await (given.purpose === "compact" ? plain : bound)(messages, given);
  const { modelName, settings, contextWindow } = plain;
  return Object.assign(ask, {
    ...(modelName !== undefined && { modelName }),
    ...(settings !== undefined && { settings }),
    ...(contextWindow !== undefined && { contextWindow }),
  });
}

function toolWords(tools: readonly BoundTool[]): string {
  const names = tools.map(({ name, type, function: fn }) => {
    const own = typeof fn === "object" && fn !== null && "name" in fn ? fn.name : (name ?? type);
    return String(own);
  });
  return `Beside the REPL you have functions that you can call directly, in place of a block of code: ${names.join(", ")}. They are not in the REPL. A reply that calls them ends your work here: whoever asks you runs them and asks you again with their results. So look up in the REPL first what you need for their arguments, and call them only if the question needs them; else answer by FINAL.`;
}

/** The form that `createAgent` and the like ask a provider for. */
function structuredFormat({ ls_structured_output_format: format }: CallOptions): JsonSchema | undefined {
  if (typeof format !== "object" || format === null || !("schema" in format)) return undefined;
  return typeof format.schema === "object" && format.schema !== null ? { ...format.schema } : undefined;
}

/**
 * The config of the run below. A chat model keeps nothing between two calls, its messages hold everything: so the thread and
 * the checkpointer of a graph around it are not the run's.
 */
function runConfig(config: RlmCall["config"]): Partial<RunnableConfig> {
  const around = AsyncLocalStorageProviderSingleton.getRunnableConfig() as Partial<RunnableConfig> | undefined;
  const kept = Object.entries(around?.configurable ?? {}).map(([name, value]) => [
    name,
    ofThread.has(name) ? undefined : value,
  ]);
  return { ...config, configurable: { ...Object.fromEntries(kept), ...config.configurable } };
}

const ofThread = new Set(["thread_id", "checkpoint_id", "checkpoint_map", "__pregel_checkpointer"]);
