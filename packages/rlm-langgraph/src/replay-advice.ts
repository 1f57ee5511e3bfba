import { ReplayError } from "rlm-core";

/** A REPL that cannot be rebuilt, and what to do: its code ran under other options, or the sandbox changed. Any other error as it is. */
export function withAdvice(error: unknown, advice: string): unknown {
  // One of a child comes through its parents, and needs to be said once.
  if (!(error instanceof ReplayError) || error.cause instanceof ReplayError) return error;
  return new ReplayError(`${advice} ${error.message}`, { cause: error });
}

export const adviceForThread =
  "Cannot go on with this thread: what its code did before does not happen again. Give the options that it had (limits, tools, kits; limits.promptChars, where another model's window changes it), or ask on another thread.";

export const adviceForRun =
  "Cannot go on with this run: what its code did before does not happen again. If its tools, kits or limits were others, give those.";
