import { checkOptions } from "../check-options.ts";
import type { JsonSchema, KitRepl } from "rlm-core";
import { defined, itemsOf, queriesOf, wordsOf } from "./ask.ts";

export interface EachOptions {
  /** Items of one sub-call, at most. @default 100 */
  size?: number;
  /** A registered name. */
  model?: string;
}

/** What did not come to a value. */
export interface Failed {
  index: number;
  error: Error;
}

const eachOptions = ["size", "model"] as const;

/** The items for which the criterion holds; what the model gave no word on is neither in nor out. */
export async function filter<T>(
  repl: KitRepl,
  given: readonly T[],
  criterion: string,
  options: EachOptions = {},
): Promise<{ items: T[]; indices: number[]; failed: Failed[] }> {
  const items = itemsOf(given, "filter") as T[];
  const instruction = `Does this hold for the item: ${wordsOf(criterion, "the criterion", "filter")}\nAnswer true only where it does, false where it does not or cannot be told.`;
  const values = await mapped(repl, items, instruction, { type: "boolean" }, "filter", options);
  const indices = values.flatMap((value, index) => (value === true ? [index] : []));
  return { items: indices.map((index) => items[index] as T), indices, failed: failedOf(values) };
}

export interface ClassifyOptions extends EachOptions {
  /** What the labels mean, or what to go by. */
  instruction?: string;
}

/** One of the labels for each item, or an Error. */
export async function classify(
  repl: KitRepl,
  given: readonly unknown[],
  labels: readonly string[],
  options: ClassifyOptions = {},
): Promise<unknown[]> {
  const items = itemsOf(given, "classify");
  const known = itemsOf(labels, "classify");
  if (known.length < 2 || known.some((label) => typeof label !== "string") || new Set(known).size < known.length)
    throw new TypeError("integrate.classify: expected labels to be two or more different strings");
  const { instruction = "", ...rest } = checkOptions<ClassifyOptions>(options, "integrate.classify", [
    ...eachOptions,
    "instruction",
  ]);
  const words = `Choose the one label that fits the item best: ${known.map((label) => JSON.stringify(label)).join(", ")}.${instruction === "" ? "" : `\n${instruction}`}`;
  return await mapped(repl, items, words, { enum: known }, "classify", rest);
}

/** A value that fits the schema for each item, or an Error. */
export async function extract(
  repl: KitRepl,
  given: readonly unknown[],
  schema: JsonSchema,
  options: ClassifyOptions = {},
): Promise<unknown[]> {
  const items = itemsOf(given, "extract");
  if (typeof schema !== "object" || schema === null || Array.isArray(schema))
    throw new TypeError("integrate.extract: expected a JSON Schema of one value as the second argument");
  const { instruction = "", ...rest } = checkOptions<ClassifyOptions>(options, "integrate.extract", [
    ...eachOptions,
    "instruction",
  ]);
  const words = `Take out of the item what the schema asks for. Use only what the item says; where it says nothing, leave an optional field out, and give null or an empty list where the schema allows it.${instruction === "" ? "" : `\n${instruction}`}`;
  return await mapped(repl, items, words, schema, "extract", rest);
}

async function mapped(
  repl: KitRepl,
  items: readonly unknown[],
  instruction: string,
  schema: JsonSchema,
  name: string,
  options: EachOptions,
): Promise<unknown[]> {
  const { llm_map } = queriesOf(repl, name);
  const { size, model } = checkOptions<EachOptions>(options, `integrate.${name}`, eachOptions);
  return await llm_map(items, instruction, { schema, ...defined({ size, model }) });
}

function failedOf(values: readonly unknown[]): Failed[] {
  return values.flatMap((value, index) => (value instanceof Error ? [{ index, error: value }] : []));
}
