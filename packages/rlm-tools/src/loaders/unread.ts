import { InputError } from "rlm-core";

/** Why a file could not be read. `not-text`: it is binary; `encoding`: it is not text in the encoding that was said, or in any that can be told; `forbidden`: this user may not read it; `broken`: damaged, encrypted, empty of text, or not what its name says; `limit`: it takes more than a converter may have. */
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
