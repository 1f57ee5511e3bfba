import { exitCodes } from "./exit-codes.ts";
import type { Io } from "./io.ts";

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Turns Ctrl-C into an abort. A second one ends at once, after `cleanUp`. */
export function listenForStop(
  io: Pick<Io, "signals" | "exit">,
  cleanUp: () => void,
): { signal: AbortSignal; off(): void } {
  const stopped = new AbortController();
  const stop = (): void => {
    if (!stopped.signal.aborted) return stopped.abort(new DOMException("Stopped by Ctrl-C", "AbortError"));
    try {
      cleanUp();
    } finally {
      io.exit(exitCodes.interrupted);
    }
  };
  for (const name of names) io.signals.on(name, stop);
  return {
    signal: stopped.signal,
    off() {
      for (const name of names) io.signals.off(name, stop);
    },
  };
}
