import type { ChatMessage, Model, ModelOptions, ModelReply } from "../model.ts";

/** A reply, an error to fail with, or a function that makes the reply from what the model was asked. */
export type ScriptedReply = string | ModelReply | Error | Answer;

type Answer = (messages: ChatMessage[], options: ModelOptions) => string | ModelReply | Promise<string | ModelReply>;

export interface ScriptedModelOptions {
  /** @default "scripted" */
  modelName?: string;
  /** Tokens it says it can read. */
  contextWindow?: number;
  /** Answers once the replies are used up, such as all sub-calls of a test. @default an error */
  onMissing?: Answer;
}

export interface ScriptedModel extends Model {
  /** What it was asked, in order; messages as they were then. */
  readonly calls: { messages: ChatMessage[]; options: ModelOptions }[];
}

/**
 * A model that plays replies in order and keeps the calls that it saw. A reply that is a text reports a token for every four characters.
 * Throws an error that says so when the replies are used up, and the signal's reason when it aborts.
 */
export function scriptedModel(
  replies: readonly ScriptedReply[],
  { modelName = "scripted", contextWindow, onMissing }: ScriptedModelOptions = {},
): ScriptedModel {
  const calls: ScriptedModel["calls"] = [];
  const model = async (messages: ChatMessage[], options: ModelOptions): Promise<ModelReply> => {
    options.signal.throwIfAborted();
    calls.push({ messages: structuredClone(messages), options });
    const next = replies[calls.length - 1] ?? onMissing ?? missing(modelName, replies.length, messages);
    if (next instanceof Error) throw next;
    const reply = typeof next === "function" ? await beforeAbort(next(messages, options), options.signal) : next;
    return typeof reply === "string" ? { text: reply, usage: usageOf(messages, reply) } : reply;
  };
  return Object.assign(model, { calls, modelName, ...(contextWindow !== undefined && { contextWindow }) });
}

function missing(name: string, count: number, messages: ChatMessage[]): Error {
  const last = messages.at(-1)?.content ?? "";
  return new Error(
    `Cannot answer: the script of "${name}" has ${count} replies, all used; asked ${JSON.stringify(last.slice(0, 200))}`,
  );
}

async function beforeAbort<T>(reply: T | Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([reply, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function usageOf(messages: ChatMessage[], reply: string): { inputTokens: number; outputTokens: number } {
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  return { inputTokens: Math.ceil(characters / 4), outputTokens: Math.ceil(reply.length / 4) };
}
