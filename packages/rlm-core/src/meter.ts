import type { TokenUsage } from "./model.ts";
import type { Usage } from "./state.ts";
import { addUsage, noUsage } from "./usage.ts";

/** Adds up what one session and everything below it spends. */
export interface Meter {
  add(spent: { model: string; usage: TokenUsage; costUsd: number | undefined }): void;
  usage(): Usage;
}

/** A meter that also adds to its parent's. */
export function createMeter({ parent, now }: { parent?: Meter; now: () => number }): Meter {
  const total = structuredClone(noUsage);
  const start = now();
  return {
    add(spent) {
      addUsage(total, spent);
      parent?.add(spent);
    },
    usage: () => structuredClone({ ...total, activeMs: Math.round(now() - start) }),
  };
}
