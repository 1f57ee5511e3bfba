import pLimit from "p-limit";

/** Runs work when there is a place for it. Rejects with the signal's reason if that aborts while it waits. */
export type Semaphore = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** One for a whole tree; hold it during a model request only, or a parent that waits for its children holds up all of them. */
export function createSemaphore(concurrency: number): Semaphore {
  const limit = pLimit(concurrency);
  return async (work, signal) => {
    signal.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal.reason);
    const stopWaiting = (): void => signal.removeEventListener("abort", onAbort);
    signal.addEventListener("abort", onAbort, { once: true });
    const held = limit(async () => {
      stopWaiting();
      signal.throwIfAborted();
      return await work();
    });
    return await Promise.race([held, aborted]);
  };
}
