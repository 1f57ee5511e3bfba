/** What went wrong, for code that reacts to it. */
export type RlmErrorCode =
  | "bad-input"
  | "budget"
  | "sandbox"
  | "replay"
  | "store"
  | "model"
  | "schema"
  | "tool"
  | "rejected";

/** Base of every error that this project throws; `code` tells them apart, `cause` keeps what came from below. */
export class RlmError extends Error {
  readonly code: RlmErrorCode;
  constructor(code: RlmErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RlmError";
    this.code = code;
  }
}

/** The caller gave something that cannot be used: a wrong option, an empty query, an unreadable file. */
export class InputError extends RlmError {
  constructor(message: string, options?: ErrorOptions) {
    super("bad-input", message, options);
    this.name = "InputError";
  }
}

/** The limits that conclude a run. */
export type LimitName = "turns" | "calls" | "tokens" | "costUsd" | "durationMs" | "errors";

interface Spent {
  limit: LimitName;
  max: number;
  spent: number;
  needed?: number;
}

/** A limit of the run's budget was reached. */
export class BudgetError extends RlmError {
  readonly limit: LimitName;
  readonly max: number;
  readonly spent: number;
  readonly needed: number | undefined;
  /** `needed`: what the next call may need at most, where that is too much. */
  constructor({ limit, max, spent, needed }: Spent, options?: ErrorOptions) {
    const next = needed === undefined ? "" : `, and the next call may need ${needed}`;
    super("budget", `Cannot spend more: limits.${limit} is ${max}, spent ${spent}${next}`, options);
    this.name = "BudgetError";
    this.limit = limit;
    this.max = max;
    this.spent = spent;
    this.needed = needed;
  }
}

/** A person did not accept the answer of a run that has no further turn: it was concluded at a limit, or given in one plain call. */
export class RejectedError extends RlmError {
  /** The answer that was rejected: a text, or a value of the response format. */
  readonly answer: unknown;
  constructor(answer: unknown, message?: string) {
    const why = message === undefined || message === "" ? "" : `: ${message}`;
    super("rejected", `Cannot give the answer: it was rejected, and the run has no further turn${why}`);
    this.name = "RejectedError";
    this.answer = answer;
  }
}

/** The sandbox could not be started, kept alive or rebuilt. Errors of the model's code are never this; they are data. */
export class SandboxError extends RlmError {
  constructor(message: string, options?: ErrorOptions) {
    super("sandbox", message, options);
    this.name = "SandboxError";
  }
}

/** A replay did not do what the journal says; `message` names the first event that differs. */
export class ReplayError extends RlmError {
  constructor(message: string, options?: ErrorOptions) {
    super("replay", message, options);
    this.name = "ReplayError";
  }
}
