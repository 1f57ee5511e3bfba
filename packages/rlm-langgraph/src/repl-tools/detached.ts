import type { RunnableConfig } from "@langchain/core/runnables";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";

/**
 * Runs work below the trace of the node that runs now, and away from its graph: a graph in a tool would take the node's
 * place in the checkpoints for its own, and after a restart the results of another call. The caller's own keys stay.
 */
export async function detached<T>(work: (config: RunnableConfig) => Promise<T>, signal: AbortSignal): Promise<T> {
  const around = AsyncLocalStorageProviderSingleton.getRunnableConfig() as RunnableConfig | undefined;
  const { callbacks, tags, metadata, configurable = {} } = around ?? {};
  const own = Object.entries(configurable).filter(([key]) => !ofLangGraph.test(key));
  const config: RunnableConfig = {
    ...(callbacks && { callbacks }),
    ...(tags && { tags }),
    ...(metadata && { metadata }),
    configurable: Object.fromEntries(own),
    signal,
  };
  const running: unknown = AsyncLocalStorageProviderSingleton.runWithConfig(config, () => work(config));
  return await (running as Promise<T>);
}

const ofLangGraph = /^(__pregel_.*|thread_id|checkpoint_.*|run_id|graph_id|assistant_id)$/;
