import { RlmError } from "../errors.ts";
import type { Run } from "../run.ts";
import { readFailure, type FailureKind, type ModelFailure } from "./model-failure.ts";

export interface RetryOptions extends Pick<Run, "wait" | "now"> {
  /** The model's name, for messages. */
  name: string;
  /** Abort and deadline. */
  signal: AbortSignal;
  /** Hears of each wait; those of one kind are the same but for the words of the model's server. */
  warn(message: string, kind: string): void;
}

/**
 * A model's request, made again where its error is of a kind that passes: after a pause that doubles, or that its server asks for.
 * Throws the signal's reason, {@link RlmError}s of the request as they are, and for everything else an RlmError "model".
 */
export async function retried<T>(request: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { name, signal, warn, wait, now } = options;
  for (let tries = 1; ; tries++) {
    try {
      return await request();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof RlmError) throw error;
      const failure = readFailure(error, now());
      const ms = pauseBefore(failure, tries);
      if (ms === undefined) throw new RlmError("model", finalMessage(failure, name, tries), { cause: error });
      warn(
        `The model "${name}" did not answer: ${shortened(failure.message)}. It is asked again in ${inSeconds(ms)} (try ${tries + 1})`,
        `${failure.kind}, try ${tries + 1}`,
      );
      await wait(ms, signal);
    }
  }
}

// Limits are counted by the minute, so those are waited for longer: half a minute in all, the others 3.5 seconds.
const patience: Partial<Record<FailureKind, { retries: number; firstMs: number }>> = {
  "rate-limit": { retries: 5, firstMs: 1000 },
  overloaded: { retries: 3, firstMs: 500 },
  network: { retries: 3, firstMs: 500 },
};
const longestPause = 60_000;

/** Milliseconds to wait, spread so that calls which failed together do not come again together; undefined: not asked again. */
function pauseBefore({ kind, hopeless, retryAfterMs = 0 }: ModelFailure, tries: number): number | undefined {
  const plan = patience[kind];
  if (plan === undefined || hopeless || tries > plan.retries || retryAfterMs > longestPause) return undefined;
  if (retryAfterMs > 0) return retryAfterMs * (1 + Math.random() / 10);
  return plan.firstMs * 2 ** (tries - 1) * (0.75 + Math.random() / 2);
}

function finalMessage({ message, advice, retryAfterMs = 0 }: ModelFailure, name: string, tries: number): string {
  const asked = tries > 1 ? ` (asked ${tries} times)` : "";
  const later = retryAfterMs > longestPause ? `; it wants to be asked again in ${inSeconds(retryAfterMs)}` : "";
  const what = advice === "" ? "" : `; ${advice}`;
  return `Cannot get a reply from the model "${name}": ${message}${asked}${later}${what}`;
}

function shortened(message: string): string {
  return message.length > 200 ? `${message.slice(0, 200)}…` : message;
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toLocaleString("en-US", { maximumFractionDigits: 1 })} s`;
}
