import { exitCodes } from "./exit-codes.ts";
import type { Io } from "./io.ts";

export interface StopSignals {
  signal: AbortSignal;
  /** As if a signal of that name had come. */
  stop(name: string): void;
  /** Runs another program on the terminal, which Ctrl-C is meant for. */
  deafTo<T>(work: () => Promise<T>): Promise<T>;
  off(): void;
}

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Turns Ctrl-C, or a signal that asks to end, into an abort. A second one ends at once, after `cleanUp`. */
export function listenForStop(io: Pick<Io, "signals" | "exit">, cleanUp: () => void): StopSignals {
  const stopped = new AbortController();
  let deaf = 0;
  const stop = (name: string): void => {
    if (deaf > 0 && name === "Ctrl-C") return;
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
    stop,
    async deafTo(work) {
      deaf++;
      try {
        return await work();
      } finally {
        deaf--;
      }
    },
    off() {
      for (const [name, listener] of listeners) io.signals.off(name, listener);
    },
  };
}
