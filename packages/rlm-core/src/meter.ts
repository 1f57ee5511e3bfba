import type { TokenUsage } from "./model.ts";
import type { Usage } from "./state.ts";
import { addUsage, noUsage } from "./usage.ts";

/** Adds up what one session and everything below it spends. */
export interface Meter {
  add(spent: { model: string; usage: TokenUsage; costUsd: number | undefined }): void;
  usage(): Usage;
}

/** A meter that also adds to its parent's. `spent`: what the session spent before, which the parent's knows. */
export function createMeter({
  parent,
  spent = noUsage,
  now,
}: {
  parent?: Meter;
  spent?: Usage;
  now: () => number;
}): Meter {
  const total = structuredClone(spent);
  const start = now() - spent.activeMs;
  return {
    add(spent) {
      addUsage(total, spent);
      parent?.add(spent);
    },
    usage: () => structuredClone({ ...total, activeMs: Math.round(now() - start) }),
  };
}
