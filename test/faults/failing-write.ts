import type { BaseCheckpointSaver } from "@langchain/langgraph";
import { RlmError, type RunStore } from "rlm-core";

/** A store and a checkpointer of which one write fails, once: the first that `fails` names. */
export function failingWrite<T extends BaseCheckpointSaver>(
  parts: { store: RunStore; checkpointer: T },
  fails: (what: string) => boolean,
): { store: RunStore; checkpointer: T; failed: () => string | undefined } {
  let failed: string | undefined;
  async function write<R>(what: string, act: () => Promise<R>): Promise<R> {
    if (failed !== undefined || !fails(what)) return await act();
    failed = what;
    throw new RlmError("store", `Cannot write ${what}: the disk is full`);
  }
  const { store, checkpointer } = parts;
  return {
    store: {
      ...store,
      put: async (text) => await write("a text", () => store.put(text)),
      append: async (key, entry) => await write(key, () => store.append(key, entry)),
    },
    checkpointer: new Proxy(checkpointer, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          const act = (): unknown => Reflect.apply(value, target, args);
          return name === "put" || name === "putWrites" ? write("a checkpoint", async () => await act()) : act();
        };
      },
    }),
    failed: () => failed,
  };
}
