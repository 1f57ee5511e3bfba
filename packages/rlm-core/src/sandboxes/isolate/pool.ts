import type { Child } from "../../confined/child-process.ts";

/** Bounds the live processes of one sandbox and keeps some booted ahead. */
export interface Pool {
  /** A process, booted or booting, as soon as there is a place; those who wait get theirs in order. With open files to inherit it is a new one; they are asked for when there is a place, so that who waits has none open. `rehearsal` is what the next process that is booted ahead does meanwhile. When `signal` aborts, the place is left. */
  take(
    dataMb: number,
    signal: AbortSignal,
    openFds?: () => Promise<readonly number[]>,
    rehearsal?: Buffer,
  ): Promise<Place>;
  /** Whether `take` would neither wait nor take a process from another session. */
  hasRoom(): boolean;
  /** Ends the processes that nobody has taken, and boots none ahead any more. */
  close(): Promise<void>;
}

/** A process that a session has. While it rests it may be taken away: the session that has rested longest loses its own first. */
export interface Place {
  readonly child: Child;
  rest(): void;
  /** Ends a rest; false if the process is gone. When `signal` aborts, the place is left. */
  wake(signal: AbortSignal): boolean;
  /** Kills the process. */
  leave(): Promise<void>;
}

export interface PoolOptions {
  maxProcesses: number;
  warm: number;
  /** Starts a process; it need not be ready. */
  start(dataMb: number, fds?: readonly number[]): Child;
}

export function createPool({ maxProcesses, warm, start }: PoolOptions): Pool {
  const queue: (() => void)[] = [];
  /** Longest rest first. */
  const resting = new Set<Place>();
  /** Killed and not gone yet: places to come. */
  const leaving = new Set<Place>();
  let live = 0;
  const ahead = bootedAhead(warm, start);

  function serve(): void {
    while (queue.length > 0 && live < maxProcesses) {
      live++;
      queue.shift()?.();
    }
    for (const place of resting) {
      if (queue.length <= leaving.size) return;
      void place.leave();
    }
  }

  async function turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => {
      queue.splice(queue.indexOf(grant), 1);
      reject(signal.reason);
    };
    const grant = (): void => {
      signal.removeEventListener("abort", giveUp);
      resolve();
    };
    signal.addEventListener("abort", giveUp, { once: true });
    queue.push(grant);
    serve();
    return await promise;
  }

  async function taken(dataMb: number, signal: AbortSignal, openFds: () => Promise<readonly number[]>): Promise<Child> {
    try {
      const fds = await openFds();
      signal.throwIfAborted();
      return (fds.length === 0 ? ahead.take(dataMb) : undefined) ?? start(dataMb, fds);
    } catch (error) {
      freePlace();
      throw error;
    }
  }

  function freePlace(): void {
    live--;
    serve();
  }

  function createPlace(child: Child): Place {
    let gone = false;
    const place: Place = {
      child,
      rest() {
        if (!child.alive) return;
        resting.add(place);
        ahead.refill();
        serve();
      },
      wake(signal) {
        resting.delete(place);
        signal.addEventListener("abort", () => void place.leave(), { once: true });
        return child.alive;
      },
      leave() {
        resting.delete(place);
        // What is gone is no place to come: somebody who waits would wait for ever.
        if (!gone) leaving.add(place);
        return child.kill();
      },
    };
    void child.exited.then(() => {
      gone = true;
      resting.delete(place);
      leaving.delete(place);
      freePlace();
    });
    return place;
  }

  return {
    hasRoom: () => queue.length === 0 && live < maxProcesses,
    async take(dataMb, signal, openFds = async () => [], rehearsal) {
      ahead.rehearse(rehearsal);
      signal.throwIfAborted();
      await turn(signal);
      const place = createPlace(await taken(dataMb, signal, openFds));
      place.wake(signal);
      return place;
    },
    close: () => ahead.close(),
  };
}

/** Processes that are booted before somebody needs one. They count as live only when they are taken. */
function bootedAhead(
  most: number,
  start: PoolOptions["start"],
): {
  take(dataMb: number): Child | undefined;
  rehearse(next: Buffer | undefined): void;
  refill(): void;
  close(): Promise<void>;
} {
  const waiting = new Set<Child>();
  let largestMb = 0;
  let next: Buffer | undefined;
  let closed = false;

  return {
    take(dataMb) {
      largestMb = Math.max(largestMb, dataMb);
      for (const child of waiting) {
        waiting.delete(child);
        if (child.alive && child.dataMb >= dataMb) return child;
        void child.kill();
      }
      return undefined;
    },
    rehearse(rehearsal) {
      next = rehearsal;
    },
    refill() {
      while (!closed && waiting.size < most) {
        const child = start(largestMb);
        if (next !== undefined) void child.send(next);
        waiting.add(child);
        void child.exited.then(() => waiting.delete(child));
      }
    },
    async close() {
      closed = true;
      await Promise.all([...waiting].map((child) => child.kill()));
    },
  };
}
