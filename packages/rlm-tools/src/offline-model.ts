import { setTimeout } from "node:timers/promises";
import type { ChatMessage, JsonSchema, Model, ModelOptions, ModelReply } from "rlm-core";
import { directReply, subReply } from "./offline-model/plain.ts";
import { readPlain, readRoot } from "./offline-model/read-messages.ts";
import { rootReply } from "./offline-model/root.ts";

export type { Found, Mentions } from "./offline-model/guest/report.ts";
export { mentionsFormat } from "./offline-model/mentions-format.ts";

export interface OfflineModelOptions {
  /** Milliseconds that each reply is held back, for people who want to watch a run. @default 0 */
  delayMs?: number;
}

/**
 * A stand-in for a model where there is none: rules, not a language model, and it says so. It reads the same messages
 * as a model, writes REPL code as a root and extracts sentences as a sub-model, on any text, for one form of question:
 * who or what mentions X, where or when, how often, and what is said. Its token counts are exact (o200k_base).
 */
export function offlineModel({ delayMs = 0 }: OfflineModelOptions = {}): Model {
  // A timer that gets more ends at once.
  if (!(delayMs >= 0 && delayMs < 2 ** 31))
    throw new TypeError(`Expected delayMs to be milliseconds from 0 to ${2 ** 31 - 1}, got ${String(delayMs)}`);
  const reply = async (messages: ChatMessage[], { responseFormat, signal }: ModelOptions): Promise<ModelReply> => {
    if (delayMs > 0) await setTimeout(delayMs, undefined, { signal });
    signal.throwIfAborted();
    const text = replyTo(messages, responseFormat);
    // Loaded with the first reply: its tables take 0.3 s.
    const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
    const tokensOf = (content: string): number => countTokens(content, asPlainText);
    const inputTokens = messages.reduce((sum, { content }) => sum + tokensOf(content), 0);
    return { text, usage: { inputTokens, outputTokens: tokensOf(text) }, finishReason: "stop" };
  };
  return Object.assign(reply, { modelName: "offline-stand-in" });
}

function replyTo(messages: ChatMessage[], responseFormat: JsonSchema | undefined): string {
  const root = readRoot(messages);
  if (root !== undefined) return rootReply(root);
  const plain = readPlain(messages);
  // The whole of a short context has a system message; a sub-call's prompt has none.
  return messages[0]?.role === "system"
    ? directReply(plain, responseFormat !== undefined)
    : subReply(plain, responseFormat);
}

// Otherwise a text that holds "<|endoftext|>" is an error.
const asPlainText = { disallowedSpecial: new Set<string>() };
