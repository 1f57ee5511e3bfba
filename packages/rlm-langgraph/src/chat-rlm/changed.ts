import type { RunnableConfig } from "@langchain/core/runnables";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { configuredBy, type Configured } from "../configured.ts";
import { identityOfModel, identityOfSubModel } from "./fields.ts";

/** LangChain passes a model the options of a call, not its `configurable`: what that changes travels with them, unseen by what lists their keys. */
const changedKey: unique symbol = Symbol("configurable.rlm");

/** What a call changes of models and limits, by its own config or that of a graph around it. */
export function changedBy(config: RunnableConfig): Configured {
  const around = AsyncLocalStorageProviderSingleton.getRunnableConfig() as Partial<RunnableConfig> | undefined;
  const own = configuredBy(config);
  return Object.keys(own).length > 0 || around === undefined ? own : configuredBy(around);
}

/** The options of a call with what it changes; `rlm` tells one from another where LangChain keeps replies. */
export function withChanged<Options extends object>(options: Options, changed: Configured): Options {
  if (Object.keys(changed).length === 0) return options;
  const { model, subModel, limits } = changed;
  const rlm = {
    ...(model && { model: identityOfModel(model) }),
    ...(subModel && { subModel: identityOfSubModel(subModel) }),
    ...(limits && { limits }),
  };
  return Object.assign(options, { [changedKey]: changed, rlm });
}

/** The other way round: what is changed, and the options without it. */
export function takeChanged<Options extends object>(
  options: Options,
): { changed: Configured; options: Omit<Options, "rlm"> } {
  const { [changedKey]: changed, ...rest } = options as Options & { [changedKey]?: Configured; rlm?: unknown };
  if (changed === undefined) return { changed: {}, options: rest as unknown as Omit<Options, "rlm"> };
  const { rlm, ...others } = rest;
  return { changed, options: others as unknown as Omit<Options, "rlm"> };
}
