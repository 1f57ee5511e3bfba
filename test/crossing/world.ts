import { createHash } from "node:crypto";
import { MemorySaver } from "@langchain/langgraph";
import { memoryStore, type RunStore } from "rlm-core";

/** What outlives a process: a store and checkpoints. */
export interface World {
  texts: Map<string, string>;
  logs: Map<string, string[]>;
  storage: MemorySaver["storage"];
  writes: MemorySaver["writes"];
}

export const emptyWorld = (): World => ({ texts: new Map(), logs: new Map(), storage: {}, writes: {} });

/** A process on a world: it is killed before or after one of its writes, and the world is what had been written by then. */
export interface Life {
  store: RunStore;
  saver: MemorySaver;
  world: World;
  signal: AbortSignal;
  /** What the process left, if it was killed. */
  readonly left: World | undefined;
}

export function live(world: World, killAt: number): Life {
  const { texts, logs } = world;
  const stop = new AbortController();
  let left: World | undefined;
  let writes = 0;

  function tick(): void {
    if (++writes !== killAt) return;
    left = copyOf(world);
    stop.abort(new Error("killed"));
  }

  async function writing<T>(write: () => Promise<T>): Promise<T> {
    tick();
    const done = await write();
    tick();
    return done;
  }

  class Saver extends MemorySaver {
    override async put(...args: Parameters<MemorySaver["put"]>): ReturnType<MemorySaver["put"]> {
      return await writing(async () => await super.put(...args));
    }
    override async putWrites(...args: Parameters<MemorySaver["putWrites"]>): Promise<void> {
      await writing(async () => await super.putWrites(...args));
    }
  }
  const saver = new Saver();
  saver.storage = world.storage;
  saver.writes = world.writes;

  const store: RunStore = {
    ...memoryStore(),
    put: async (text) =>
      await writing(async () => {
        const ref = `sha256:${createHash("sha256").update(text).digest("hex")}`;
        texts.set(ref, text);
        return ref;
      }),
    async get(ref) {
      const text = texts.get(ref);
      if (text === undefined) throw new Error(`Cannot read ${ref}: it is gone`);
      return text;
    },
    append: async (key, entry) =>
      await writing(async () => void logs.set(key, [...(logs.get(key) ?? []), JSON.stringify(entry)])),
    read: async (key) => (logs.get(key) ?? []).map((line): unknown => JSON.parse(line)),
    list: async (prefix) => [...logs.keys()].filter((key) => key.startsWith(prefix)).sort(),
    delete: async (key) => await writing(async () => void logs.delete(key)),
  };
  return {
    store,
    saver,
    world,
    signal: stop.signal,
    get left() {
      return left;
    },
  };
}

function copyOf({ texts, logs, storage, writes }: World): World {
  return structuredClone({ texts, logs, storage, writes });
}
