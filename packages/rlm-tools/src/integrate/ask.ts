import type { JsonSchema, KitRepl } from "rlm-core";
import { nameOf } from "../check-options.ts";

/** What of the REPL the functions use; the queries are there, see {@link queriesOf}. */
export type Queries = Required<Pick<KitRepl, "llm_query_batched" | "llm_map">> &
  Pick<KitRepl, "promptChars" | "locate">;

/** Throws where the run has no sub-calls. */
export function queriesOf(repl: KitRepl, name: string): Queries {
  const { llm_query_batched, llm_map, promptChars, locate } = repl;
  if (llm_query_batched === undefined || llm_map === undefined)
    throw new Error(`integrate.${name}: cannot ask: this run has no sub-calls (limits.depth is 0)`);
  return { llm_query_batched, llm_map, promptChars, locate };
}

export interface AskOptions {
  schema?: JsonSchema;
  model?: string;
}

/** A reply or an Error for each prompt, in order; what failed is asked once more, unless nothing is left to ask with or it was a reply that did not fit, which has been asked for again already. */
export async function askAll(
  { llm_query_batched }: Queries,
  prompts: readonly string[],
  options: AskOptions,
): Promise<unknown[]> {
  if (prompts.length === 0) return [];
  const replies = await llm_query_batched(prompts, options);
  const again = replies.flatMap((reply, at) => (reply instanceof Error && isWorthAsking(reply) ? [at] : []));
  if (again.length === 0) return replies;
  const more = await llm_query_batched(
    again.map((at) => prompts[at] ?? ""),
    options,
  );
  for (const [index, at] of again.entries()) replies[at] = more[index];
  return replies;
}

function isWorthAsking(error: Error): boolean {
  return !("code" in error && (error.code === "budget" || error.code === "schema"));
}

export function itemsOf(given: unknown, name: string): unknown[] {
  if (Array.isArray(given)) return given;
  throw new TypeError(`integrate.${name}: expected an array, got ${nameOf(given)}`);
}

export function wordsOf(given: unknown, what: string, name: string): string {
  if (typeof given === "string" && given.trim() !== "") return given;
  throw new TypeError(
    `integrate.${name}: expected ${what} to be a text, got ${given === "" ? "an empty one" : nameOf(given)}`,
  );
}

export function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
