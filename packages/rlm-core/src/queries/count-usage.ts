import type { ChatMessage, ModelReply, TokenUsage } from "../model.ts";
import { countTokens } from "../tokens.ts";

/** What a reply used: as the model reports it; what it leaves out, or cannot be, is counted here and marked. */
export async function countUsage({ text, usage }: ModelReply, messages: readonly ChatMessage[]): Promise<TokenUsage> {
  // From JavaScript and from servers anything may come.
  const given: Partial<Record<keyof TokenUsage, unknown>> = usage ?? {};
  const input = tokensOf(
    given.inputTokens,
    messages.some(({ content }) => content !== ""),
  );
  const output = tokensOf(given.outputTokens, text !== "");
  const estimated = given.estimated === true || input === undefined || output === undefined;
  return {
    inputTokens: input ?? (await countMessages(messages)),
    outputTokens: output ?? (await countTokens(text)),
    ...(estimated && { estimated }),
  };
}

/** Tokens of messages, as o200k_base counts them. */
export async function countMessages(messages: readonly ChatMessage[]): Promise<number> {
  const counts = await Promise.all(messages.map(({ content }) => countTokens(content)));
  return counts.reduce((sum, tokens) => sum + tokens, 0);
}

/** A number of tokens that can be: none at all only where there was no text. */
function tokensOf(given: unknown, some: boolean): number | undefined {
  if (typeof given !== "number" || !Number.isFinite(given)) return undefined;
  return given > 0 || (given === 0 && !some) ? given : undefined;
}
