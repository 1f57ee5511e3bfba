import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { AIMessage } from "@langchain/core/messages";
import {
  ensureConfig,
  getCallbackManagerForConfig,
  mergeConfigs,
  type RunnableConfig,
} from "@langchain/core/runnables";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import type { ChatMessage, Model, ModelReply } from "rlm-core";
import { toMessage } from "../from-chat-model/to-message.ts";

/**
 * A model of rlm-core whose calls are runs of a model in the trace that they happen in, as a chat model of LangChain makes
 * them itself: with messages, reply and usage, also in LangGraph's stream of messages.
 */
export function tracedModel(model: Model): Model {
  if ("tracesItself" in model) return model;
  const name = model.modelName ?? "model";
  const ask: Model = async (messages, options) => {
    const config = ensureConfig();
    const run = await startRun(name, messages, options.maxOutputTokens, config);
    if (run === undefined) return await model(messages, options);
    const inner = watch();
    try {
      const within = mergeConfigs(config, { callbacks: [inner.handler] });
      const reply = await AsyncLocalStorageProviderSingleton.runWithConfig(within, () => model(messages, options));
      await run.handleLLMEnd({ generations: [[generationOf(reply, name, inner.seen())]] });
      return reply;
    } catch (error) {
      await run.handleLLMError(error);
      throw error;
    }
  };
  return Object.assign(ask, model);
}

async function startRun(
  name: string,
  messages: readonly ChatMessage[],
  maxOutputTokens: number,
  config: Partial<RunnableConfig>,
): Promise<CallbackManagerForLLMRun | undefined> {
  const metadata = { ...config.metadata, ls_model_name: name, ls_model_type: "chat" };
  const manager = await getCallbackManagerForConfig({ ...config, metadata });
  if (manager === undefined || manager.handlers.length === 0) return undefined;
  const described = { lc: 1, type: "not_implemented" as const, id: ["rlm-core", name] };
  const extra = { invocation_params: { model: name, max_tokens: maxOutputTokens } };
  const asked = [messages.map(toMessage)];
  const runs = await manager.handleChatModelStart(
    described,
    asked,
    undefined,
    undefined,
    extra,
    undefined,
    undefined,
    name,
  );
  return runs[0];
}

/** Sees whether a chat model of LangChain was asked inside of the function: then that one's run has the usage, which is not to be counted twice. */
function watch(): { handler: BaseCallbackHandler; seen: () => boolean } {
  let seen = false;
  const see = (): void => void (seen = true);
  const handler = BaseCallbackHandler.fromMethods({ handleChatModelStart: see, handleLLMStart: see });
  handler.awaitHandlers = true;
  return { handler, seen: () => seen };
}

function generationOf(
  { text, usage, model, finishReason }: ModelReply,
  name: string,
  isCounted: boolean,
): { text: string; message: AIMessage } {
  const counted =
    usage === undefined || isCounted
      ? {}
      : {
          usage_metadata: {
            input_tokens: usage.inputTokens,
            output_tokens: usage.outputTokens,
            total_tokens: usage.inputTokens + usage.outputTokens,
          },
        };
  const response_metadata = { model_name: model ?? name, ...(finishReason && { finish_reason: finishReason }) };
  return { text, message: new AIMessage({ content: text, response_metadata, ...counted }) };
}
