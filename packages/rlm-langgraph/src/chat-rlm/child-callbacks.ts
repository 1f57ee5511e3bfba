import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { CallbackManager, type CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { LLMResult } from "@langchain/core/outputs";
import { usageOf } from "../from-chat-model/read-reply.ts";

export interface Tokens {
  inputTokens: number;
  outputTokens: number;
}

/** Callbacks for what runs below a model run, and what the model runs among it have told of tokens. */
export interface ChildCallbacks {
  callbacks: CallbackManager;
  /** Whether there is a model run at all. */
  isRun: boolean;
  told(): Tokens;
}

/** A model run has no `getChild`, as that of a chain has: so a manager is made of what it would be made of. */
export function childCallbacks(runManager: CallbackManagerForLLMRun | undefined): ChildCallbacks {
  const callbacks = new CallbackManager(runManager?.runId);
  if (runManager !== undefined) {
    callbacks.setHandlers(runManager["inheritableHandlers"]);
    callbacks.addTags(runManager["inheritableTags"]);
    callbacks.addMetadata(runManager["inheritableMetadata"]);
  }
  const counter = usageCounter();
  callbacks.addHandler(counter.handler, true);
  return { callbacks, isRun: runManager !== undefined, told: counter.told };
}

function usageCounter(): { handler: BaseCallbackHandler; told(): Tokens } {
  let inputTokens = 0;
  let outputTokens = 0;
  const handler = BaseCallbackHandler.fromMethods({
    handleLLMEnd({ generations }: LLMResult) {
      const [generation] = generations[0] ?? [];
      const message = generation !== undefined && "message" in generation ? generation.message : undefined;
      const usage = message === undefined ? undefined : usageOf(message as Parameters<typeof usageOf>[0]);
      inputTokens += usage?.inputTokens ?? 0;
      outputTokens += usage?.outputTokens ?? 0;
    },
  });
  // It has to have heard of a run before what comes of it is read.
  handler.awaitHandlers = true;
  return { handler, told: () => ({ inputTokens, outputTokens }) };
}
