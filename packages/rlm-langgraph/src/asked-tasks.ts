import { RlmError, type ContextRef, type JsonSchema, type RunStore } from "rlm-core";

/** What one run of a thread was asked: the first characters of its query, and the contexts that it brought. */
export interface AskedTask {
  query: string;
  contexts: readonly ContextRef[];
  responseFormat?: JsonSchema;
  cite?: true;
}

/** Keeps what the runs of a thread were asked, the newest last, and returns its reference. */
export async function putTasks(tasks: readonly AskedTask[], store: RunStore): Promise<string> {
  return await store.put(JSON.stringify(tasks));
}

/** Throws RlmError with code "store" where it is gone. */
export async function readTasks(ref: string, store: RunStore): Promise<AskedTask[]> {
  try {
    return JSON.parse(await store.get(ref)) as AskedTask[];
  } catch (cause) {
    if (cause instanceof RlmError) throw cause;
    throw new RlmError("store", `Cannot read what a thread was asked before: ${ref} does not hold it`, { cause });
  }
}

/** The contexts that a thread's code finds under their own names: those of the newest run that brought some. */
export function contextsOf(tasks: readonly AskedTask[]): readonly ContextRef[] {
  return tasks.findLast(({ contexts }) => contexts.length > 0)?.contexts ?? [];
}
