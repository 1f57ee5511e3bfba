import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { RlmOptions, RunStore } from "rlm-core";
import type { ModelLike, SubModelLike } from "./models.ts";

export interface RlmGraphOptions<T = string> extends Omit<RlmOptions<T>, "model" | "subModel" | "store" | "signal"> {
  /** Writes the code of the root. */
  model: ModelLike;
  /** Answers plain sub-calls, and is the root of children. @default model */
  subModel?: SubModelLike;
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
