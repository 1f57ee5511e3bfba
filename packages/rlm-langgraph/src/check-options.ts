import { MemorySaver } from "@langchain/langgraph";
import { InputError, type RlmOptions } from "rlm-core";
import { defaultSandbox, resolveOptions } from "rlm-core/driver";
import type { RlmGraphOptions } from "./graph-options.ts";
import { toTools } from "./repl-tools/to-tools.ts";
import { checkModels, standIns, unknownName } from "./models.ts";

/** Checks all that can be known before a model is loaded. Throws {@link InputError}. */
export function checkOptions<T>(options: RlmGraphOptions<T>): void {
  checkNames(options);
  const { checkpointer, idleMs = 0, liveSessions = 0, model, subModel, tools, ...rest } = options;
  checkModels(model, subModel);
  checkStore(options);
  if (typeof idleMs !== "number" || !(idleMs >= 0 && idleMs < 2 ** 31))
    throw new InputError(`Expected options.idleMs to be milliseconds from 0 to ${2 ** 31 - 1}, got ${String(idleMs)}`);
  // What is not known yet is taken for priced: it is checked again when it is loaded, before anything is asked.
  const free = { inputPerMillion: 0, outputPerMillion: 0 };
  const prices = rest.prices === null ? {} : { prices: { ...rest.prices, [unknownName]: free } };
  const known = { ...rest, ...prices, ...standIns(model, subModel), ...(tools && { tools: toTools(tools) }) };
  if (!Number.isSafeInteger(liveSessions) || liveSessions < 0)
    throw new InputError(`Expected options.liveSessions to be an integer of 0 or more, got ${String(liveSessions)}`);
  const { review, approve } = resolveOptions(known satisfies RlmOptions<T>, defaultSandbox());
  if (review.length > 0 && approve === undefined && checkpointer === undefined)
    throw new InputError(
      "Cannot ask a person: options.review needs a checkpointer, by which a run waits for the answer, or options.approve, a function that asks",
    );
}

/** Whether options are options at all. Throws {@link InputError}. */
export function checkNames(options: unknown): void {
  if (typeof options !== "object" || options === null)
    throw new InputError(`Expected options to be an object with a model, got ${JSON.stringify(options)}`);
  for (const name of Object.keys(options)) checkName(name);
}

// All of them, says the type.
const names: Record<keyof RlmGraphOptions, true> = {
  model: true,
  subModel: true,
  sandbox: true,
  limits: true,
  prices: true,
  profile: true,
  tools: true,
  review: true,
  approve: true,
  responseFormat: true,
  cite: true,
  store: true,
  cache: true,
  onEvent: true,
  checkpointer: true,
  idleMs: true,
  liveSessions: true,
};

function checkName(name: string): void {
  if (Object.hasOwn(names, name)) return;
  if (name === "signal")
    throw new InputError('Unknown option "signal": it belongs to one invocation, invoke(input, { signal })');
  throw new InputError(`Unknown option "${name}": expected one of ${Object.keys(names).join(", ")}`);
}

function checkStore({ store, checkpointer }: Pick<RlmGraphOptions, "store" | "checkpointer">): void {
  if (typeof store !== "object" || store === null || !("append" in store))
    throw new InputError("Expected options.store to be a run store such as memoryStore()");
  if (checkpointer === undefined || checkpointer instanceof MemorySaver || store.durable) return;
  throw new InputError(
    "Cannot use this checkpointer with a store that ends with the process: the checkpoints would refer to texts that are gone; give options.store a durable one, such as directoryStore(path) of rlm-core/stores/directory",
  );
}
