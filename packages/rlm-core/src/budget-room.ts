import type { LimitName } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { costOf, type Prices } from "./prices.ts";

/** Amounts of what a budget counts. */
export type Amounts = Record<Spendable, number>;

type Spendable = Extract<LimitName, "calls" | "tokens" | "costUsd" | "durationMs">;

export const spendable: readonly Spendable[] = ["calls", "tokens", "costUsd", "durationMs"];

export const noAmounts: Amounts = { calls: 0, tokens: 0, costUsd: 0, durationMs: 0 };

/** The root's turn that a conclusion would come after. `toConclude`: tokens of the prompt of that conclusion, at most. */
export interface RootTurn {
  model: string;
  toConclude: number;
}

/** What a budget knows when a call is asked for. */
export interface Standing {
  limits: Limits;
  prices: Prices;
  /** What the tree has spent, without calls in flight. */
  settled: Amounts;
  /** The root's newest turn that was paid or is in flight, and the one that is asked for. */
  newest?: RootTurn | undefined;
  wanted?: RootTurn | undefined;
}

/**
 * What an ordinary call leaves, so that the root can still answer with what it has: what its conclusion may cost at most.
 * A turn of the root leaves it for the conclusion after that turn, for its prompt will be longer.
 */
export function roomToConclude({ limits, prices, settled, newest, wanted }: Standing): Amounts {
  // Before its first turn a run has nothing to conclude with: what were held back would only refuse that turn.
  if (newest === undefined && wanted !== undefined && settled.calls === 0) return noAmounts;
  const known = wanted ?? newest;
  const next = newest ?? wanted;
  const least = leastRoom(limits);
  if (known === undefined || next === undefined) return least;
  const { tokens, costUsd } = sizeOf(next, limits, prices);
  // A conclusion that cannot be paid any more is no reason to refuse a call that can.
  if (settled.tokens + tokens > limits.tokens || settled.costUsd + costUsd > limits.costUsd) return least;
  const size = sizeOf(known, limits, prices);
  return {
    ...least,
    tokens: Math.max(least.tokens, size.tokens),
    costUsd: Math.max(least.costUsd, size.costUsd),
  };
}

function sizeOf(
  { model, toConclude }: RootTurn,
  { maxOutputTokens }: Limits,
  prices: Prices,
): Pick<Amounts, "tokens" | "costUsd"> {
  const costUsd = costOf({ inputTokens: toConclude, outputTokens: maxOutputTokens }, model, prices) ?? 0;
  return { tokens: toConclude + maxOutputTokens, costUsd };
}

// Where no turn of the root is known, as in the log of an older version.
function leastRoom(limits: Limits): Amounts {
  return {
    calls: limits.calls >= 2 ? 1 : 0,
    tokens: Math.min(2 * limits.maxOutputTokens + 8_000, limits.tokens / 10),
    costUsd: limits.costUsd === Infinity ? 0 : limits.costUsd / 20,
    durationMs: 0,
  };
}
