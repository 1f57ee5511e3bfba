import type { Limits } from "rlm-core";

/** Limits that what code printed and gave depends on: where some has run, a replay needs those that it had. */
export const lasting = ["promptChars", "outputChars", "answerChars"] as const satisfies (keyof Limits)[];

/** Of the limits in which a run's REPL differs from the options, those that its next run has to have too. */
export function lastingLimits(limits: Partial<Limits> = {}): Partial<Limits> | undefined {
  const kept = lasting.flatMap((name) => (limits[name] === undefined ? [] : [[name, limits[name]]]));
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as Partial<Limits>);
}
