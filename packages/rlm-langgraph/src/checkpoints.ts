import type { RunnableConfig } from "@langchain/core/runnables";
import type { LimitName, RunStore } from "rlm-core";
import type { GraphValues } from "./graph-state.ts";
import { createTurnCounter } from "./journal-chain.ts";
import type { ThreadGraph } from "./resume.ts";

/** A place of a thread from which one may go on, or fork. */
export interface RunCheckpoint {
  /** For `invoke(null, config)` and `fork(config, change)`. */
  config: RunnableConfig;
  checkpointId: string;
  runId: string;
  /** Replies of the root so far. */
  turn: number;
  /** What comes next; `end`: the run has its answer. */
  next: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Why the next step, or the last one, concludes. */
  limit?: LimitName;
}

/** The checkpoints of a thread, the newest first, of all its runs and branches. */
export async function checkpointsOf(graph: ThreadGraph, store: RunStore, threadId: string): Promise<RunCheckpoint[]> {
  const found: RunCheckpoint[] = [];
  const turnsAt = createTurnCounter(store);
  for await (const { values, tasks, config, createdAt } of graph.getStateHistory({
    configurable: { thread_id: threadId },
  })) {
    const { session, beginning, journal, limit } = values as Partial<GraphValues>;
    // Before its first node a run has nothing to go on from.
    if (session === undefined || (beginning !== undefined && beginning.id !== session.id)) continue;
    // Not by `next`: a node whose writes are saved, and whose checkpoint is not, is left out there.
    const [next = "end"] = tasks.map(({ name }) => name);
    if (next === "__start__" || next === "begin") continue;
    found.push({
      config,
      checkpointId: String(config.configurable?.["checkpoint_id"]),
      runId: session.rootId,
      turn: await turnsAt(journal ?? null),
      next,
      at: Date.parse(createdAt ?? ""),
      ...(limit && { limit }),
    });
  }
  return found;
}
