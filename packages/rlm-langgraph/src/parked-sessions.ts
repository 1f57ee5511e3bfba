import type { Session } from "rlm-core";

/** Sessions of runs that ended, each waiting for its thread's next question. Their processes keep no program alive. */
export interface ParkedSessions {
  /** Keeps a session for its thread; one that waited for it already is closed, and of too many the one that waits longest. */
  park(thread: string, session: Session): Promise<void>;
  /** The session of a thread, which is its taker's from now on. */
  take(thread: string): Session | undefined;
  /** Closes all that wait. */
  close(): Promise<void>;
  readonly size: number;
}

export interface ParkedOptions {
  /** Sessions at most. */
  most: number;
  /** Milliseconds after which one that nobody has taken is closed. */
  idleMs: number;
}

export function createParkedSessions({ most, idleMs }: ParkedOptions): ParkedSessions {
  /** The longest wait first. */
  const waiting = new Map<string, { session: Session; idle: NodeJS.Timeout }>();

  function take(thread: string): Session | undefined {
    const parked = waiting.get(thread);
    waiting.delete(thread);
    clearTimeout(parked?.idle);
    return parked?.session;
  }

  return {
    async park(thread, session) {
      const replaced = take(thread);
      const idle = setTimeout(() => void take(thread)?.close(), idleMs).unref();
      waiting.set(thread, { session, idle });
      const [longest] = waiting.keys();
      const tooMany = waiting.size > most && longest !== undefined ? take(longest) : undefined;
      await Promise.all([replaced?.close(), tooMany?.close()]);
    },
    take,
    async close() {
      await Promise.all([...waiting.keys()].map(async (thread) => await take(thread)?.close()));
    },
    get size() {
      return waiting.size;
    },
  };
}

/** What names the thread of a node's session; undefined where no later run could find it there. */
export function threadOf(configurable: Record<string, unknown> = {}): string | undefined {
  const { thread_id, checkpoint_ns } = configurable;
  if (typeof thread_id !== "string" || thread_id === "") return undefined;
  // The node itself is the last part; where a graph above names one task of its own, that comes only once.
  const above = typeof checkpoint_ns === "string" ? checkpoint_ns.split("|").slice(0, -1) : [];
  return above.some((part) => part.includes(":")) ? undefined : JSON.stringify([thread_id, ...above]);
}
