import { InputError } from "./errors.ts";

/** Every bound of a run, for the whole tree unless it says otherwise. */
export interface Limits {
  /** Turns of one session. @default 30 */
  turns: number;
  /** 0: no sub-calls, 1: plain sub-calls, 2: children that are RLMs, and so on (the paper's depth). @default 1 */
  depth: number;
  /** Model calls of any kind. @default 200 */
  calls: number;
  /** Tokens in and out. @default 2_000_000 */
  tokens: number;
  /** US dollars by the price table. @default Infinity */
  costUsd: number;
  /** Milliseconds of active time. @default 600_000 */
  durationMs: number;
  /** Failed turns in a row in one session. @default 5 */
  errors: number;
  /** Model requests at once. @default 16 */
  concurrency: number;
  /** Tokens a model call may write; a reply that is cut there is asked for once more with room for twice as many. @default 8_192 */
  maxOutputTokens: number;
  /** Characters of one sub-call's prompt. @default 400_000, or the sub-model's window where it is known */
  promptChars: number;
  /** Characters a turn's output brings back to the model. @default 20_000 */
  outputChars: number;
  /**
   * Tokens of the messages of one session, by our estimate: above it the oldest turns are summarised by one more model call.
   * Infinity: only where the model has refused them as too long.
   * @default 100_000, or what the model's window leaves beside a reply and a turn's output where it is known
   */
  historyTokens: number;
  /** Milliseconds of computing that one block may use; waiting for sub-calls costs none of it. @default 30_000 */
  computeMs: number;
  /** Megabytes of heap beside the context. @default 512 */
  heapMb: number;
  /** Characters of the answer; a longer one is an error for the code, never shortened. @default 10_000_000 */
  answerChars: number;
  /** A root context of fewer tokens goes to the model in one plain call; 0: never. @default 16_000 */
  directBelow: number;
}

export const defaultLimits: Limits = {
  turns: 30,
  depth: 1,
  calls: 200,
  tokens: 2_000_000,
  costUsd: Infinity,
  durationMs: 600_000,
  errors: 5,
  concurrency: 16,
  maxOutputTokens: 8_192,
  promptChars: 400_000,
  outputChars: 20_000,
  // Windows of today mostly hold 128,000 or more; of a smaller one that is not known the refusal tells.
  historyTokens: 100_000,
  computeMs: 30_000,
  heapMb: 512,
  answerChars: 10_000_000,
  directBelow: 16_000,
};

/** Fills in the defaults and checks every value. Throws {@link InputError} that names the limit, its range and what it got. */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new InputError(`Expected limits to be an object, got ${Array.isArray(given) ? "an array" : String(given)}`);
  const limits = { ...defaultLimits };
  for (const [name, value] of Object.entries(given)) {
    if (!isLimit(name))
      throw new InputError(`Unknown limit "${name}": expected one of ${Object.keys(defaultLimits).join(", ")}`);
    if (value === undefined) continue;
    const [least, most] = ranges[name];
    const whole = name === "costUsd" || value === Infinity || Number.isSafeInteger(value);
    if (typeof value !== "number" || !whole || !(value >= least && value <= most)) {
      const range = most === Infinity ? `of ${least} or more` : `from ${least} to ${most}`;
      throw new InputError(
        `Expected limits.${name} to be ${name === "costUsd" ? "a number" : "an integer"} ${range}, got ${String(value)}`,
      );
    }
    limits[name] = value;
  }
  return limits;
}

// What bounds memory, one request or one block is bounded itself; the others may be Infinity.
const ranges: Record<keyof Limits, [least: number, most: number]> = {
  turns: [1, Infinity],
  depth: [0, 100],
  calls: [1, Infinity],
  tokens: [1, Infinity],
  costUsd: [0, Infinity],
  durationMs: [1, Infinity],
  errors: [1, Infinity],
  concurrency: [1, 10_000],
  maxOutputTokens: [1, 10_000_000],
  promptChars: [100, 500_000_000],
  outputChars: [200, 10_000_000],
  historyTokens: [1_000, Infinity],
  // A day: a replay gives a block ten times that, and a timer holds no more than 24 days.
  computeMs: [1, 86_400_000],
  heapMb: [16, 100_000],
  answerChars: [1, 500_000_000],
  directBelow: [0, 1_000_000_000],
};

function isLimit(name: string): name is keyof Limits {
  return Object.hasOwn(defaultLimits, name);
}
