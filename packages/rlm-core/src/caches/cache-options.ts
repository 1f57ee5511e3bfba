import { InputError } from "../errors.ts";

export interface CacheOptions {
  /** What it may hold; beyond that the least recently used goes. @default 64_000_000 in memory, 250_000_000 in a folder */
  maxBytes?: number;
  /** Milliseconds that an entry is good for; Infinity: until it goes. @default 2_592_000_000, 30 days */
  ttlMs?: number;
  /** Keeps entries of different users, tasks or versions of a prompt apart. @default "" */
  namespace?: string;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/** Fills in the defaults. Throws {@link InputError} that names the option; `name`: of the function that got them. */
export function resolveCacheOptions(
  given: CacheOptions,
  name: string,
  { maxBytes: usual }: { maxBytes: number },
): Required<CacheOptions> {
  if (typeof given !== "object" || given === null)
    throw new InputError(`Expected the options of ${name} to be an object, got ${String(given)}`);
  const unknown = Object.keys(given).find((key) => !names.includes(key));
  if (unknown !== undefined)
    throw new InputError(`Unknown option "${unknown}" of ${name}: expected one of ${names.join(", ")}`);
  const { maxBytes = usual, ttlMs = thirtyDays, namespace = "", now = Date.now } = given;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
    throw new InputError(`Expected maxBytes of ${name} to be an integer of 1 or more, got ${String(maxBytes)}`);
  if (ttlMs !== Infinity && (!Number.isSafeInteger(ttlMs) || ttlMs < 1))
    throw new InputError(`Expected ttlMs of ${name} to be an integer of 1 or more, or Infinity, got ${String(ttlMs)}`);
  if (typeof namespace !== "string")
    throw new InputError(`Expected namespace of ${name} to be a string, got ${typeof namespace}`);
  if (typeof now !== "function") throw new InputError(`Expected now of ${name} to be a function, got ${typeof now}`);
  return { maxBytes, ttlMs, namespace, now };
}

const names = ["maxBytes", "ttlMs", "namespace", "now"];
const thirtyDays = 30 * 24 * 3600 * 1000;
