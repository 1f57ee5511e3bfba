import type { ChatMessage, TokenUsage } from "../model.ts";
import { count } from "../prompt/surface.ts";
import { countMessages } from "./count-usage.ts";

/** Tokens that were sent, as we count them, and that the server says it has read. */
export interface Unread {
  sent: number;
  read: number;
}

/**
 * Whether a server has dropped a part of the prompt without saying so, as Ollama drops the front of one that is longer
 * than its window: 200 OK, and the tokens that it reports are the only sign. `estimate`: `estimateTokens` of the prompt.
 *
 * Measured against o200k_base over 21 kinds of text (prose and markup, code, JSON, logs, hex, fourteen languages, emoji),
 * the tokenizers of Gemma 3, Qwen 3, DeepSeek 3, Llama 3 and Claude count 0.50 (emoji; for text at least 0.69) to 4.8 times as much.
 * So less than 0.45 of it was not read. A server that cuts at its window reports exactly that window, a power of two;
 * there less than 0.85 is enough, for an honest count is such a number by accident once in a thousand times.
 */
export async function readsLess(
  { inputTokens: read, estimated }: TokenUsage,
  estimate: number,
  messages: readonly ChatMessage[],
): Promise<Unread | undefined> {
  if (estimated === true || read < leastWindow || estimate < leastSent) return undefined;
  const share = isWindow(read) ? 0.85 : 0.45;
  // An estimate is at least 0.96 of a count, which takes longer.
  if (read >= (share / 0.96) * estimate) return undefined;
  const sent = await countMessages(messages);
  return sent >= leastSent && read < share * sent ? { sent, read } : undefined;
}

export function unreadWarning({ sent, read }: Unread, model: string): string {
  return `The model "${model}" does not read its whole prompt: about ${count(sent)} tokens were sent, its server says that it read ${count(read)}. The beginning was probably dropped. Give it a larger window (numCtx, or OLLAMA_CONTEXT_LENGTH, for Ollama), or tell the window (contextWindow of the model) or limits.promptChars, so that prompts fit`;
}

/** What the code is told whose prompt of so many characters was not read: less than the same share, for the reply needs room too. */
export function unreadProblem({ sent, read }: Unread, length: number): string {
  const fits = Math.floor(((length * read) / sent) * 0.7);
  return `Cannot use the sub-model's reply: it did not read the whole prompt. About ${count(sent)} tokens were sent and its server says that it read ${count(read)}; the beginning was probably dropped. Send smaller pieces: at most about ${count(fits)} characters at once`;
}

const leastSent = 2000;
// No window is as small: a number below leaves out what came from a cache.
const leastWindow = 1000;

function isWindow(tokens: number): boolean {
  const window = 2 ** Math.round(Math.log2(tokens));
  return window >= 2048 && Math.abs(tokens - window) <= 8;
}
