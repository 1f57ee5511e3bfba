import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { RlmOptions, RunStore } from "rlm-core";
import type { ReplToolLike } from "./repl-tools/to-tools.ts";
import type { ModelLike, SubModelLike } from "./models.ts";

export interface RlmGraphOptions<T = string> extends Omit<
  RlmOptions<T>,
  "model" | "subModel" | "tools" | "store" | "signal"
> {
  /** Writes the code of the root. */
  model: ModelLike;
  /** Answers plain sub-calls, and is the root of children. @default model */
  subModel?: SubModelLike;
  /** Host tools and kits of guest functions; also tools and retrievers of LangChain, see {@link replTool} for their bounds. */
  tools?: readonly ReplToolLike[];
  /** Where texts and logs are kept: the state holds references into it. */
  store: RunStore;
  /** Saves the state after each node; every one but MemorySaver needs a durable store. */
  checkpointer?: BaseCheckpointSaver;
  /** Milliseconds after which a run that no node works on gives its sandboxes back. @default 300_000 */
  idleMs?: number;
  /**
   * With a checkpointer: how many threads keep their sandbox's process between two runs, for `idleMs`; of more the one that
   * was used least recently gives its back. The next run of such a thread replays what the ones before it did. @default 4
   */
  liveSessions?: number;
}
