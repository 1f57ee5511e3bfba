import { InputError } from "rlm-core";

/** Why a path that somebody gave cannot be read. */
export function readProblem(given: string, cause: unknown): unknown {
  // What is told already has a code of its own.
  if (!(cause instanceof Error) || !("code" in cause) || cause instanceof InputError) return cause;
  return new InputError(`Cannot read the context ${given}: ${reasons[String(cause.code)] ?? cause.message}`, { cause });
}

const missing = "there is no such file or folder";
const forbidden = "this user may not read it";
const reasons: Record<string, string> = { ENOENT: missing, ENOTDIR: missing, EACCES: forbidden, EPERM: forbidden };
