import { InputError } from "../errors.ts";

/** A log entry as one line of JSON, so that nobody can change it later. Throws {@link InputError} for what JSON cannot hold. */
export function encodeEntry(key: string, entry: unknown): string {
  if (!key.isWellFormed())
    throw new InputError(`Cannot append to log ${JSON.stringify(key)}: its key has half a surrogate pair`);
  let line: string | undefined;
  try {
    line = JSON.stringify(entry);
  } catch (cause) {
    throw new InputError(`Cannot append to log "${key}": the entry is not JSON data (${String(cause)})`, { cause });
  }
  if (line === undefined)
    throw new InputError(`Cannot append to log "${key}": the entry is ${typeof entry}, which is not JSON data`);
  return line;
}
