import type { SubCallCache } from "./cache.ts";
import { InputError } from "./errors.ts";
import type { Limits } from "./limits.ts";
import type { Model } from "./model.ts";
import { costOf, type Prices } from "./prices.ts";

/** The models of a run: the root's, and those that sub-calls may ask, by the names of the options. */
export interface GivenModels {
  model: Model;
  subModels: readonly { option: string; model: Model }[];
}

/** Throws {@link InputError} for a cache that cannot be one, and for a model that it could not tell from another. */
export function checkCache(cache: SubCallCache | undefined, { subModels }: GivenModels): void {
  if (cache === undefined) return;
  if (typeof cache !== "object" || cache === null || typeof cache.get !== "function" || typeof cache.set !== "function")
    throw new InputError(
      `Expected options.cache to be a cache such as memoryCache(), got ${cache === null ? "null" : typeof cache}`,
    );
  if (cache.namespace !== undefined && typeof cache.namespace !== "string")
    throw new InputError(`Expected options.cache.namespace to be a string, got ${typeof cache.namespace}`);
  const nameless = subModels.find(({ model }) => typeof model.modelName !== "string" || model.modelName === "");
  if (nameless !== undefined)
    throw new InputError(
      `Cannot use options.cache: options.${nameless.option} has no modelName, so its replies could be taken for another model's; give it one, Object.assign(model, { modelName: "…" })`,
    );
}

/** Throws {@link InputError} for a model without a price where cost is limited. */
export function checkPriced({ model, subModels }: GivenModels, limits: Limits, prices: Prices): void {
  if (limits.costUsd === Infinity) return;
  const asked = limits.depth > 0 ? [model, ...subModels.map((sub) => sub.model)] : [model];
  const names = new Set(asked.map(({ modelName = "model" }) => modelName));
  const unpriced = [...names].filter((name) => costOf(nothing, name, prices) === undefined);
  if (unpriced.length === 0) return;
  const list = unpriced.map((name) => `"${name}"`).join(", ");
  const has = unpriced.length === 1 ? `the model ${list} has` : `the models ${list} have`;
  const entries = unpriced.map((name) => `"${name}": { inputPerMillion, outputPerMillion }`).join(", ");
  throw new InputError(`Cannot keep to limits.costUsd: ${has} no price; give prices: { ${entries} }`);
}

const nothing = { inputTokens: 0, outputTokens: 0 };
