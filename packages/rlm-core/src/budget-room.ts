import type { LimitName } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { costOf, type Prices } from "./prices.ts";

/** Amounts of what a budget counts. */
export type Amounts = Record<Spendable, number>;

type Spendable = Extract<LimitName, "calls" | "tokens" | "costUsd" | "durationMs">;

export const spendable: readonly Spendable[] = ["calls", "tokens", "costUsd", "durationMs"];

export const noAmounts: Amounts = { calls: 0, tokens: 0, costUsd: 0, durationMs: 0 };

/** The root's turn that a conclusion would come after. */
export interface RootTurn {
  model: string;
  /** Tokens of its prompt: that of a conclusion has more. */
  inputTokens: number;
  /** Tokens of the prompt of that conclusion, at most. */
  toConclude: number;
}

/** The root's turn that a reservation is for, if it is for one. */
export function rootTurnOf({
  model,
  inputTokens,
  toConclude,
}: Pick<RootTurn, "model" | "inputTokens"> & { toConclude?: number }): RootTurn | undefined {
  return toConclude === undefined ? undefined : { model, inputTokens, toConclude };
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
  // Before its first turn a run has nothing to conclude with: what is held back could only refuse that turn.
  if (newest === undefined && wanted !== undefined && settled.calls === 0) return noAmounts;
  const least = leastRoom(limits);
  const turn = wanted ?? newest;
  if (turn === undefined) return least;
  // A conclusion that cannot be paid any more is no reason to refuse a call that can.
  const fewest = sizeOf(turn.inputTokens, turn.model, limits, prices);
  if (amounts.some((name) => settled[name] + fewest[name] > limits[name])) return least;
  const size = sizeOf(turn.toConclude, turn.model, limits, prices);
  return {
    ...least,
    tokens: Math.max(least.tokens, size.tokens),
    costUsd: Math.max(least.costUsd, size.costUsd),
  };
}

const amounts = ["tokens", "costUsd"] as const;

function sizeOf(
  inputTokens: number,
  model: string,
  { maxOutputTokens }: Limits,
  prices: Prices,
): Pick<Amounts, (typeof amounts)[number]> {
  const costUsd = costOf({ inputTokens, outputTokens: maxOutputTokens }, model, prices) ?? 0;
  return { tokens: inputTokens + maxOutputTokens, costUsd };
}

// What is left in any case, also where no turn of the root is known, as in the log of an older version.
function leastRoom(limits: Limits): Amounts {
  return {
    calls: limits.calls >= 2 ? 1 : 0,
    tokens: Math.min(2 * limits.maxOutputTokens + 8_000, limits.tokens / 10),
    costUsd: limits.costUsd === Infinity ? 0 : limits.costUsd / 20,
    durationMs: 0,
  };
}
