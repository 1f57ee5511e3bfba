import { countTokens } from "rlm-core";
import { estimateTokens } from "rlm-core/driver";

/** Whether a text has more tokens than `tokens`. Counted only where the estimate, which is 0.96 to 1.6 of it, does not tell. */
export async function isLongText(text: string, tokens: number): Promise<boolean> {
  const estimate = estimateTokens(text);
  if (estimate * 1.05 <= tokens) return false;
  return estimate > tokens * 1.6 || (await countTokens(text)) > tokens;
}
