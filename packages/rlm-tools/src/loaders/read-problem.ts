import { InputError } from "rlm-core";
import { UnreadError } from "./unread.ts";

/** Why a path that somebody gave cannot be read. */
export function readProblem(given: string, cause: unknown): unknown {
  // One that says already what is wrong, such as that the file is not text, stays what it is.
  if (cause instanceof InputError || !(cause instanceof Error) || !("code" in cause)) return cause;
  const reason = reasons[String(cause.code)] ?? cause.message;
  if (reason === forbidden) return new UnreadError(given, "forbidden", reason, { cause });
  return new InputError(`Cannot read the context ${given}: ${reason}`, { cause });
}

const missing = "there is no such file or folder";
const forbidden = "this user may not read it";
const reasons: Record<string, string> = { ENOENT: missing, ENOTDIR: missing, EACCES: forbidden, EPERM: forbidden };
