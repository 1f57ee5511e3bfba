import { runRlm, type Emit, type Model, type RlmResult } from "rlm-core";
import { decompose } from "rlm-tools";
import { mentionsFormat, type Mentions } from "rlm-tools/offline-model";
import type { Address } from "./addresses.ts";

export const question =
  "Which presidents spoke of the Panama Canal, in which years, how often, and what was said first?";

export interface AskOptions {
  model: Model;
  /** @default model */
  subModel?: Model;
  onEvent?: Emit;
  signal?: AbortSignal;
}

export interface Asked extends RlmResult<Mentions> {
  /** Tokens that the largest single model request held. */
  largestRequest: number;
}

/** Puts the question to a recursive language model, with all addresses as its context. */
export async function askPresidents(
  addresses: Address[],
  { model, subModel = model, ...watch }: AskOptions,
): Promise<Asked> {
  let largestRequest = 0;
  const measured = (inner: Model): Model => {
    const outer: Model = async (messages, options) => {
      const reply = await inner(messages, options);
      largestRequest = Math.max(largestRequest, reply.usage?.inputTokens ?? 0);
      return reply;
    };
    return Object.assign(outer, { modelName: inner.modelName });
  };
  const result = await runRlm<Mentions>(
    { query: question, context: addresses },
    {
      model: measured(model),
      subModel: measured(subModel),
      tools: [decompose],
      // Four at once, so that one can watch the sub-calls come back; the default is 16.
      limits: { concurrency: 4 },
      responseFormat: mentionsFormat,
      ...watch,
    },
  );
  return { ...result, largestRequest };
}
