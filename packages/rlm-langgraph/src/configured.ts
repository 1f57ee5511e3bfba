import type { RunnableConfig } from "@langchain/core/runnables";
import { InputError, type Limits } from "rlm-core";
import { checkModels, type ModelLike, type SubModelLike } from "./models.ts";

/** What one invocation changes of the options, as `configurable: { rlm: … }`: of all levels of its tree. */
export interface Configured {
  model?: ModelLike;
  subModel?: SubModelLike;
  /** Those that differ from the options. */
  limits?: Partial<Limits>;
}

/** Reads what a config changes. Throws {@link InputError} for what cannot be changed; limits are checked with the options. */
export function configuredBy({ configurable = {} }: Pick<RunnableConfig, "configurable">): Configured {
  const given: unknown = configurable["rlm"];
  if (given === undefined) return {};
  if (typeof given !== "object" || given === null)
    throw new InputError(`Expected configurable.rlm to be an object, got ${JSON.stringify(given)}`);
  for (const name of Object.keys(given))
    if (!Object.hasOwn(names, name))
      throw new InputError(
        `Unknown configurable.rlm.${name}: expected one of ${Object.keys(names).join(", ")}; anything else is an option of createRlm`,
      );
  const { model, subModel, limits }: Configured = given;
  // A model is needed; one that is not given here is checked with the options.
  if (model !== undefined || subModel !== undefined) checkModels(model ?? unasked, subModel);
  return { ...(model && { model }), ...(subModel && { subModel }), ...(limits && { limits }) };
}

const unasked: ModelLike = () => Promise.reject(new TypeError("This model only stands in a check"));

// All of them, says the type.
const names: Record<keyof Configured, true> = { model: true, subModel: true, limits: true };
