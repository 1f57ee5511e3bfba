import { randomUUID } from "node:crypto";
import type { RunnableConfig } from "@langchain/core/runnables";
import { isGraphBubbleUp, isInterrupted } from "@langchain/langgraph";
import { InputError, RlmError, type RlmErrorCode, type RlmResult } from "rlm-core";
import type { Rlm } from "../create-rlm.ts";
import type { RlmRunnableInput } from "../rlm-input.ts";

/** What went wrong, and the words for an agent that can act on it. */
export interface NoAnswer {
  told: string;
  error: unknown;
}

/**
 * Answers an agent's question inside of a run of the agent. What goes wrong, in finding what is asked too, is told; an
 * abort and a question to a person are thrown.
 */
export async function askForAgent(
  rlm: Rlm<unknown, unknown>,
  asked: () => Promise<RlmRunnableInput>,
  config: RunnableConfig,
): Promise<RlmResult<unknown> | NoAnswer> {
  try {
    const result = await rlm.invoke(await asked(), configOf(rlm, config));
    if (isInterrupted(result))
      throw new InputError(
        "Cannot wait for a person here: there is no agent or graph with a checkpointer around the run",
      );
    return result as RlmResult<unknown>;
  } catch (error) {
    if (isGraphBubbleUp(error) || config.signal?.aborted === true) throw error;
    return { told: errorText(error), error };
  }
}

export function textOfAnswer({ answer }: Pick<RlmResult<unknown>, "answer">): string {
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}

/** What is told below an answer that a limit ended. */
export function noteOnLimit({ limit }: Pick<RlmResult, "limit">): string {
  if (limit === undefined) return "";
  return `\n[The work ended at its limit on ${limit}: this is the best answer there was, and it may be incomplete.]`;
}

/** The config of the agent's own run, so that the RLM's is below it: traced, streamed and stopped with it. */
function configOf(rlm: Rlm<unknown, unknown>, config: RunnableConfig): Partial<RunnableConfig> {
  const { callbacks, tags, metadata, signal, configurable = {} } = config;
  // A run that is checkpointed needs a thread; of an agent without one nobody will come back to it.
  const thread = rlm.checkpointed && configurable["thread_id"] === undefined ? { thread_id: randomUUID() } : {};
  return {
    ...(callbacks && { callbacks }),
    ...(tags && { tags }),
    ...(metadata && { metadata }),
    ...(signal && { signal }),
    configurable: { ...configurable, ...thread },
  };
}

function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const advice = (error instanceof RlmError && advices[error.code]) || "Try it once more, or go on without it.";
  return `No answer: ${message.slice(0, 1_000)}${/[.!?…]$/.test(message) ? "" : "."} ${advice}`;
}

const advices: Partial<Record<RlmErrorCode, string>> = {
  "bad-input": "Ask in another way, or about something else.",
  budget: "Ask a narrower question, or about less at a time.",
  rejected: "A person did not accept the answer: do not ask the same again.",
  store: "The text is not there any more: get it again.",
};
