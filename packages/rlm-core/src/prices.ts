import { InputError } from "./errors.ts";
import type { TokenUsage } from "./model.ts";

/** US dollars for a million tokens. */
export interface Price {
  inputPerMillion: number;
  outputPerMillion: number;
}

/** Prices by model name, given by the user; none are built in, for they change. */
export type Prices = Readonly<Record<string, Price>>;

/** Checks a price table. Throws {@link InputError} that names the model and what is wrong with its price. */
export function checkPrices(prices: Prices): void {
  if (typeof prices !== "object" || prices === null)
    throw new InputError(`Expected prices to be an object by model name, got ${String(prices)}`);
  for (const [model, price] of Object.entries<Partial<Price> | null>(prices)) {
    for (const field of ["inputPerMillion", "outputPerMillion"] as const) {
      const value = price?.[field];
      if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
        throw new InputError(
          `Expected prices["${model}"].${field} to be US dollars of 0 or more, got ${String(value)}`,
        );
    }
  }
}

/** US dollars of a call; undefined for a model without a price, which is never guessed. */
export function costOf({ inputTokens, outputTokens }: TokenUsage, model: string, prices: Prices): number | undefined {
  if (!Object.hasOwn(prices, model)) return undefined;
  const price = prices[model];
  return price && (inputTokens * price.inputPerMillion + outputTokens * price.outputPerMillion) / 1_000_000;
}
