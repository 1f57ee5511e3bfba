import { InputError } from "rlm-core";

/** Why a file could not be read. `not-text`: it is binary; `encoding`: it is not text in the encoding that was said, or in any that can be told; `forbidden`: this user may not read it; `broken`: damaged, encrypted, empty of text, not what its name says, or gone by now; `limit`: it takes more than a converter may have. */
export type UnreadReason = "not-text" | "encoding" | "forbidden" | "broken" | "limit";

/** One file cannot be read; the others can. */
export class UnreadError extends InputError {
  override name = "UnreadError";
  /** The file's name, as it was given or found. */
  readonly file: string;
  readonly reason: UnreadReason;
  /** The sentence without whose it is. */
  readonly why: string;
  constructor(file: string, reason: UnreadReason, why: string, options?: ErrorOptions) {
    super(`Cannot read the context ${file}: ${why}`, options);
    this.file = file;
    this.reason = reason;
    this.why = why;
  }
}

/** Why a file that was found cannot be read. An error that says so already stays what it is. */
export function unreadable(file: string, cause: unknown): unknown {
  if (cause instanceof InputError || !(cause instanceof Error) || !("code" in cause)) return cause;
  const code = String(cause.code);
  if (code === "EACCES" || code === "EPERM")
    return new UnreadError(file, "forbidden", "this user may not read it", { cause });
  return new UnreadError(file, "broken", gone[code] ?? `it cannot be read (${cause.message})`, { cause });
}

const gone: Record<string, string> = {
  ENOENT: "it is no longer there",
  ENOTDIR: "it is no longer there",
  ELOOP: "it is a symbolic link now",
};
