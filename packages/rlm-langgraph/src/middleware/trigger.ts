import { InputError } from "rlm-core";
import { estimateTokens } from "rlm-core/driver";

/** How long a text may be before it is kept aside: tokens, estimated a little high, or characters. */
export type RlmTrigger = { tokens: number } | { chars: number };

/** Whether a text is too long. Throws {@link InputError} for a trigger that cannot be used. */
export function isAbove(trigger: RlmTrigger): (text: string) => boolean {
  const given: unknown = trigger;
  const [[unit, most] = [], ...more] = typeof given === "object" && given !== null ? Object.entries(given) : [];
  const least = unit === "tokens" ? 1_000 : 4_000;
  if ((unit !== "tokens" && unit !== "chars") || more.length > 0)
    throw new InputError("Expected options.trigger to be { tokens } or { chars }");
  // What stands for a text has to be shorter than any that is kept aside.
  if (!Number.isSafeInteger(most) || (most as number) < least)
    throw new InputError(`Expected options.trigger.${unit} to be an integer of ${least} or more, got ${String(most)}`);
  const limit = most as number;
  if (unit === "chars") return (text) => text.length > limit;
  // No token is longer than what a model reads at once, few are shorter than half a character.
  return (text) => text.length > limit / 2 && estimateTokens(text) > limit;
}
