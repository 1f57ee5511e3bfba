import { BudgetError, InputError, RlmError, type LimitName } from "rlm-core";
import { exitCodes } from "../exit-codes.ts";
import { plural } from "../live-tree/words.ts";
import { plainLine } from "../plain-text.ts";
import { WaitingError } from "../review/waiting-error.ts";
import { inFlags } from "./limit-flags.ts";

/** What a person is told of an error, and the exit code. */
export interface Failure {
  code: number;
  words: string;
  status: "failed" | "aborted" | "waiting";
  /** Which one it was that ended the run, if one did. */
  limit?: LimitName;
}

/** Where the fault lies: with who typed it, the provider's key, a limit, the network, or with this program. */
export function failureOf(error: unknown, signal: AbortSignal): Failure {
  if (signal.aborted) return { code: exitCodes.interrupted, words: "Stopped.", status: "aborted" };
  if (error instanceof WaitingError) return { code: exitCodes.waiting, words: error.message, status: "waiting" };
  if (error instanceof InputError) return failure(exitCodes.usage, inFlags(error.message));
  if (isRefusedKey(error))
    return failure(
      exitCodes.usage,
      `${messageOf(error)}\nThe provider refuses the key: look at the variable that holds it.`,
    );
  if (error instanceof BudgetError) return { ...failure(exitCodes.failed, limitFailure(error)), limit: error.limit };
  if (error instanceof RlmError) return failure(exitCodes.failed, inFlags(`${error.message}${hintOf(error)}`));
  if (error instanceof Error && "code" in error) return failure(exitCodes.failed, error.message);
  // Nobody else is to blame: where it happened helps whoever mends it.
  return failure(
    exitCodes.failed,
    `This is an error in rlm itself: ${error instanceof Error ? error.stack : String(error)}`,
  );
}

function failure(code: number, words: string): Failure {
  return { code, words, status: "failed" };
}

function limitFailure(error: BudgetError): string {
  const last = error.cause instanceof Error ? `; the last: ${plainLine(inFlags(error.cause.message), 300)}` : "";
  if (error.limit === "errors")
    return `Cannot go on: ${plural(error.max, "turn")} in a row failed, as many as --errors allows${last}; another model, or --profile small, may do better`;
  return `${inFlags(error.message)}; there was no answer yet${last}, so raise that limit`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether some error on the way says that the provider does not take the key. */
function isRefusedKey(error: unknown): boolean {
  return causes(error).some((cause) => {
    const { status, statusCode, lc_error_code: code } = cause as Record<string, unknown>;
    return [status, statusCode].some((one) => one === 401 || one === 403) || code === "MODEL_AUTHENTICATION";
  });
}

const unreachable = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function hintOf(error: Error): string {
  const code = causes(error)
    .flatMap((cause) => ("code" in cause ? [String(cause.code)] : []))
    .find((one) => unreachable.has(one));
  return code === undefined ? "" : ` (${code}: the server cannot be reached; look at --base-url, and whether it runs)`;
}

function causes(error: unknown): object[] {
  const found: object[] = [];
  for (let at = error; typeof at === "object" && at !== null && found.length < 10; at = (at as Error).cause)
    found.push(at);
  return found;
}
