import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { BaseMessage } from "@langchain/core/messages";
import { ensureConfig, mergeConfigs } from "@langchain/core/runnables";
import type { ModelReply } from "rlm-core";
import type { CallOptions, ChatModel } from "./chat-model.ts";
import { noCompletion } from "./no-completion.ts";
import { cutReply, readReply } from "./read-reply.ts";

/**
 * One request, as a run below the one that it is made in.
 * Not every package stops at an abort, or says why; so the signal's reason is thrown, and at once.
 */
export async function askChatModel(
  model: ChatModel,
  messages: BaseMessage[],
  { signal, ...options }: CallOptions & { signal: AbortSignal },
): Promise<ModelReply> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([aborted, invoke(model, messages, { ...options, signal })]);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const cut = cutReply(error);
    if (!cut) throw noCompletion(error) ?? error;
    return cut;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function invoke(model: ChatModel, messages: BaseMessage[], options: CallOptions): Promise<ModelReply> {
  let generationInfo: Record<string, unknown> | undefined;
  // A reply that was streamed for a graph says only here how it ended.
  const end = BaseCallbackHandler.fromMethods({
    handleLLMEnd: ({ generations }) => {
      generationInfo = generations[0]?.[0]?.generationInfo;
    },
  });
  end.awaitHandlers = true;
  // Added to the callbacks of the run that this happens in; alone it would take their place.
  const config = mergeConfigs(ensureConfig(), { callbacks: [end] });
  const message = await model.invoke(messages, mergeConfigs(config, options));
  return readReply(message, generationInfo);
}
