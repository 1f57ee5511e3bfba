import { CallbackManager, CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { RunnableConfig } from "@langchain/core/runnables";

/** The run of a model that is to have this id, as LangChain would tell the model of it; undefined where nothing hears of runs. */
export function runOf(
  runId: string,
  { callbacks, tags = [], metadata = {} }: RunnableConfig,
): CallbackManagerForLLMRun | undefined {
  const configured = CallbackManager.configure(callbacks, undefined, tags, undefined, metadata);
  if (configured === undefined) return undefined;
  const { handlers, inheritableHandlers, inheritableTags, inheritableMetadata, ...own } = configured;
  return new CallbackManagerForLLMRun(
    runId,
    handlers,
    inheritableHandlers,
    own.tags,
    inheritableTags,
    own.metadata,
    inheritableMetadata,
  );
}
