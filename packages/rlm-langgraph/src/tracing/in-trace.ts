import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { tellTrace } from "./trace-runs.ts";

/** Works as a part of the run that `config` is of, with more metadata on it and on all runs below it. */
export async function inTrace<T>(
  config: LangGraphRunnableConfig,
  more: Record<string, unknown>,
  work: () => Promise<T>,
): Promise<T> {
  tellTrace(config.callbacks, more);
  const within = { ...config, metadata: { ...config.metadata, ...more } };
  return await AsyncLocalStorageProviderSingleton.runWithConfig(within, work);
}
