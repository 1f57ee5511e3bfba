import type { Limits } from "rlm-core";
import { limitsIn } from "./run-settings.ts";
import type { Question } from "./thread-log.ts";

/**
 * The given limits that differ from those under which a run of the question began; undefined where none does. Not from
 * those that were wanted last: whoever wanted them may have been stopped before they took effect.
 */
export function otherLimits(
  { ranUnder, settings }: Question,
  runId: string,
  given: Partial<Limits>,
): Partial<Limits> | undefined {
  const before = limitsIn({ limits: ranUnder.get(runId) ?? settings.limits });
  const others = Object.entries(given).filter(([name, value]) => before[name as keyof Limits] !== value);
  return others.length === 0 ? undefined : Object.fromEntries(others);
}
