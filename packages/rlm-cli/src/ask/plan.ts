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
  /** Whether the answer has to fit a schema: then one that does not is asked for again. */
  hasFormat: boolean;
}

export function planOf({ size, count, limits, prices, model, subModel, hasFormat }: PlanOptions): Plan {
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
    most: mostOf(way === "direct" ? directMost(tokens, limits, hasFormat) : rlmMost(limits), limits, prices, [
      model,
      subModel,
    ]),
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

/** What calls may come to, and how much of that is written. */
interface Most {
  calls: number;
  tokens: number;
  written: number;
}

/** A reply that is cut is asked for once more, with twice the room; one that does not fit a schema with the same right. */
function directMost(context: number, { maxOutputTokens }: Limits, hasFormat: boolean): Most {
  const questions = hasFormat ? 2 : 1;
  const written = 3 * maxOutputTokens * questions;
  // The second question has the first answer in it.
  const again = hasFormat ? 2 * 2 * maxOutputTokens : 0;
  const calls = 2 * questions;
  return { calls, tokens: calls * (context + instructionTokens) + again + written, written };
}

function rlmMost({ calls, depth, turns, tokens, maxOutputTokens }: Limits): Most {
  // Before a reply: a summary of what has become long, and a refusal as too long; and each may be asked for once more here too.
  const most = depth === 0 ? Math.min(calls, 5 * turns) : calls;
  return { calls: most, tokens, written: most * 2 * maxOutputTokens };
}

function mostOf(
  { calls, tokens, written }: Most,
  limits: Limits,
  prices: Prices,
  models: readonly (string | undefined)[],
): Plan["most"] {
  const bound = Math.min(tokens, limits.tokens);
  return {
    calls: orNull(Math.min(calls, limits.calls)),
    tokens: orNull(bound),
    costUsd: dearest(bound, Math.min(bound, written), limits, prices, models),
  };
}

/** All tokens at the dearest price: as many written as may be, the others read. */
function dearest(
  tokens: number,
  outputTokens: number,
  { costUsd }: Limits,
  prices: Prices,
  models: readonly (string | undefined)[],
): number | null {
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
