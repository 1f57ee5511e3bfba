import { costOf, type Limits, type Prices } from "rlm-core";
import type { TokenCount } from "./count-tokens.ts";

/** What a run would do and could cost, worked out without a model. */
export interface Plan {
  chars: number;
  bytes: number;
  tokens: number;
  /** Whether the tokens are estimated from a sample. */
  estimated: boolean;
  /** direct: one plain call with the whole context; rlm: code in a REPL, and sub-calls. */
  way: "direct" | "rlm";
  /** The most that the limits allow; null: no limit, or no price. */
  most: { calls: number | null; tokens: number | null; costUsd: number | null };
  /** Every character of the context through sub-calls, once. */
  onePass: { calls: number; tokens: number; costUsd: number | null };
  /** Models that the price table lacks. */
  unpriced: string[];
}

export interface PlanOptions {
  size: { chars: number; bytes: number; length: number };
  count: TokenCount;
  limits: Limits;
  prices: Prices;
  /** As in the price table; undefined where no model was named. */
  model: string | undefined;
  subModel: string | undefined;
}

export function planOf({ size, count, limits, prices, model, subModel }: PlanOptions): Plan {
  const { chars, bytes, length } = size;
  const { tokens, estimated } = count;
  // As rlm-core decides it: four characters a token.
  const way = length < limits.directBelow * 4 ? "direct" : "rlm";
  const pieces = Math.ceil(chars / pieceChars(limits));
  const output = pieces * Math.min(replyTokens, limits.maxOutputTokens);
  const pass = { inputTokens: tokens + pieces * instructionTokens, outputTokens: output };
  return {
    chars,
    bytes,
    tokens,
    estimated,
    way,
    most: mostOf(way, tokens, limits, prices, [model, subModel]),
    onePass: {
      calls: pieces,
      tokens: pass.inputTokens + pass.outputTokens,
      costUsd: (subModel === undefined ? undefined : costOf(pass, subModel, prices)) ?? null,
    },
    unpriced: [...new Set([model, subModel])]
      .filter((name) => name !== undefined)
      .filter((name) => !Object.hasOwn(prices, name)),
  };
}

// A sub-call's own words, and what comes back if it is asked for something short.
const instructionTokens = 300;
const replyTokens = 500;

/** As the prompt of rlm-core says it to the model. */
function pieceChars({ promptChars }: Limits): number {
  return Math.min(100_000, Math.floor(promptChars / 2));
}

function mostOf(
  way: Plan["way"],
  context: number,
  limits: Limits,
  prices: Prices,
  models: readonly (string | undefined)[],
): Plan["most"] {
  const calls = way === "direct" ? 1 : limits.depth === 0 ? Math.min(limits.calls, limits.turns + 1) : limits.calls;
  const tokens = way === "direct" ? context + instructionTokens + limits.maxOutputTokens : limits.tokens;
  const bound = Math.min(tokens, limits.tokens);
  return { calls: orNull(calls), tokens: orNull(bound), costUsd: dearest(bound, calls, limits, prices, models) };
}

/** All tokens at the dearest price: as many written as the calls may write, the others read. */
function dearest(
  tokens: number,
  calls: number,
  { maxOutputTokens, costUsd }: Limits,
  prices: Prices,
  models: readonly (string | undefined)[],
): number | null {
  const outputTokens = Math.min(tokens, calls * maxOutputTokens);
  const splits = [
    { inputTokens: tokens - outputTokens, outputTokens },
    { inputTokens: tokens, outputTokens: 0 },
  ];
  const costs = models.flatMap((model) =>
    splits.map((split) => (model === undefined ? undefined : costOf(split, model, prices))),
  );
  const known = costs.filter((cost) => cost !== undefined);
  const cap =
    known.length < costs.length || known.some((cost) => !Number.isFinite(cost)) ? Infinity : Math.max(...known);
  return orNull(Math.min(cap, costUsd));
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
