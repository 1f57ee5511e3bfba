import { exitCodes } from "./exit-codes.ts";
import type { Io } from "./io.ts";

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Turns Ctrl-C, or a signal that asks to end, into an abort. A second one ends at once, after `cleanUp`. */
export function listenForStop(
  io: Pick<Io, "signals" | "exit">,
  cleanUp: () => void,
): { signal: AbortSignal; off(): void } {
  const stopped = new AbortController();
  const stop = (name: string): void => {
    if (!stopped.signal.aborted) return stopped.abort(new DOMException(`Stopped by ${name}`, "AbortError"));
    try {
      cleanUp();
    } finally {
      io.exit(exitCodes.interrupted);
    }
  };
  const listeners = names.map((name) => [name, () => stop(name === "SIGINT" ? "Ctrl-C" : name)] as const);
  for (const [name, listener] of listeners) io.signals.on(name, listener);
  return {
    signal: stopped.signal,
    off() {
      for (const [name, listener] of listeners) io.signals.off(name, listener);
    },
  };
}
