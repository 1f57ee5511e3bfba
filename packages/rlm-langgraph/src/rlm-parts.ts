import { memoryStore, type RunStore } from "rlm-core";
import { trajectoryLog, type Trajectory } from "rlm-core/trajectory";
import { checkNames } from "./check-options.ts";
import { buildGraph } from "./create-rlm-graph.ts";
import { createRecent } from "./recent.ts";
import type { RlmRunnableOptions } from "./rlm-input.ts";

/** What a Runnable is made of, shared by those that `withConfig` makes of it. */
export interface Parts<T> {
  options: RlmRunnableOptions<T>;
  built: ReturnType<typeof buildGraph<T>>;
  store: RunStore | undefined;
  recent: ReturnType<typeof createRecent<Trajectory>>;
  running: Set<string>;
}

export function partsOf<T>(options: RlmRunnableOptions<T>): Parts<T> {
  checkNames(options);
  const { checkpointer } = options;
  // A checkpoint outlives its invocation, so what it refers to has to.
  const store = options.store ?? (checkpointer && memoryStore());
  // In a graph around it a node that runs again asks again, where what its run had is not kept.
  const alone = checkpointer === undefined && store?.durable !== true;
  const record = (id: string, kept: RunStore) => trajectoryLog(kept, id);
  const built = buildGraph({ ...options, store: store ?? memoryStore() }, record, { alone });
  return { options, built, store, recent: createRecent<Trajectory>(10), running: new Set() };
}
