import { RlmError } from "../errors.ts";
import { readError, type ErrorFacts } from "./error-facts.ts";
import { redactKeys } from "./redact-keys.ts";

/** What a model's error is about; only the first three are worth another request. */
export type FailureKind =
  | "rate-limit"
  | "overloaded"
  | "network"
  | "quota"
  | "key"
  | "not-found"
  | "too-long"
  | "refused"
  | "address"
  | "no-completion"
  | "aborted"
  | "unknown";

export interface ModelFailure {
  kind: FailureKind;
  /** What happened, without keys, at most 500 characters. */
  message: string;
  /** What to do about it; "" where nobody can tell. */
  advice: string;
  /** Milliseconds that the server asks to wait. */
  retryAfterMs?: number;
  /** Whether to ask again is of no use, whatever the kind. */
  hopeless: boolean;
}

/** Reads what a model's client has thrown, in the shapes of openai, anthropic, undici, axios, LangChain, AWS and Google. */
export function readFailure(error: unknown, now: number): ModelFailure {
  const facts = readError(error, now);
  const kind = kindOf(facts);
  const message = redactKeys(messageFor(kind, facts));
  return {
    kind,
    message: message.length > 500 ? `${message.slice(0, 500)}…` : message,
    advice: adviceFor(kind, facts),
    hopeless: facts.hopeless,
    ...(facts.retryAfterMs !== undefined && { retryAfterMs: facts.retryAfterMs }),
  };
}

/** Whether a call of a model failed since its messages are longer than it can read. */
export function isTooLong(error: unknown): boolean {
  return error instanceof RlmError && error.code === "model" && readFailure(error.cause, 0).kind === "too-long";
}

function messageFor(kind: FailureKind, { words, message }: ErrorFacts): string {
  if (!words.includes("SyntaxError")) return message;
  if (kind === "network") return `the server’s reply stopped early (${message})`;
  return kind === "no-completion" ? `the server answered with no chat completion (${message})` : message;
}

function kindOf({ status, words, ownWords, message }: ErrorFacts): FailureKind {
  const says = (pattern: RegExp): boolean => words.some((word) => pattern.test(word));
  if (ownWords.some((word) => abortWord.test(word))) return "aborted";
  if (status === 402 || says(/^(?:insufficient_quota|InsufficientQuotaError)$/)) return "quota";
  // Of a limit of tokens a minute the words are much the same, and that one passes.
  const tooLong = status === 429 ? /request too large/i : longPrompt;
  if (says(/^(?:ContextOverflowError|context_length_exceeded|exceed_context_size_error)$/) || tooLong.test(message))
    return "too-long";
  if (status !== undefined) return kindOfStatus(status);
  if (says(/^(?:rate_limit_error|rate_limit_exceeded|RateLimitError|ThrottlingException|RESOURCE_EXHAUSTED)$/))
    return "rate-limit";
  // Servers that fail in the middle of a stream have sent their status already.
  if (says(/^(?:overloaded_error|server_error|api_error|InternalServerError|UNAVAILABLE)$/)) return "overloaded";
  if (says(/^(?:ENOTFOUND|ERR_INVALID_URL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/)) return "address";
  if (says(/^NO_COMPLETION$/)) return "no-completion";
  if (says(/^SyntaxError$/) && cutJson.test(message)) return "network";
  if (says(/^SyntaxError$/) && noJson.test(message)) return "no-completion";
  return says(networkWord) || networkMessage.test(message) ? "network" : "unknown";
}

// JSON that stops early comes of a connection that was cut, and passes; a page, or a text, is no JSON from its beginning.
const cutJson = /end of JSON input|in JSON at position|malformed server-sent event JSON/;
const noJson = /not valid JSON|after JSON at position/;

function kindOfStatus(status: number): FailureKind {
  if (status === 429) return "rate-limit";
  if (status === 401 || status === 403) return "key";
  if (status === 404) return "not-found";
  if (status === 413) return "too-long";
  const passes = status === 408 || status === 409 || status === 425 || (status >= 500 && status !== 501);
  return passes ? "overloaded" : "refused";
}

const abortWord = /^(?:AbortError|APIUserAbortError|ModelAbortError|ABORT_ERR|UND_ERR_ABORTED|ERR_CANCELED)$/;

const longPrompt =
  /context[ _-]?(?:length|size|window)|prompt is too long|too many (?:input )?tokens|input (?:token count|length|is too long)|request too large|context the overflows/i;

const networkWord =
  /^(?:ECONN\w+|E?TIMEDOUT|ESOCKETTIMEDOUT|EPIPE|EAI_AGAIN|ENETDOWN|ENETUNREACH|EHOSTUNREACH|ERR_STREAM_PREMATURE_CLOSE|UND_ERR_(?!INVALID|NOT_SUPPORTED|ABORT|HEADERS_OVERFLOW)\w+|APIConnection(?:Timeout)?Error|(?:Connect|Headers|Body)?TimeoutError)$/;

const networkMessage =
  /^(?:terminated|fetch failed|failed to fetch|network error|connection error\.?|request timed out\.?)(?:$|:)|socket hang up|premature close|other side closed/i;

function adviceFor(kind: FailureKind, { message }: ErrorFacts): string {
  if (kind !== "network") return advice[kind] ?? "";
  const [, address] = /ECONNREFUSED (\S+)/.exec(message) ?? [];
  if (address !== undefined) return `is the server running at ${address}?`;
  return "check the connection to its server, and that it is running";
}

const advice: Partial<Record<FailureKind, string>> = {
  "rate-limit": "it is asked more than it allows: a smaller limits.concurrency asks less at once",
  overloaded: "its server fails or has too much to do: try again later",
  quota: "the account has no credit or quota left",
  key: "check the key, that is the variable that holds it (such as OPENAI_API_KEY), and what it may use",
  "not-found": "check the model’s name and the server’s address",
  "too-long":
    "the prompt is too long for it: send less at once; a smaller limits.promptChars, or the model’s contextWindow, keeps prompts inside its window",
  address: "check the server’s address",
  "no-completion": "is the server’s address right? Where it speaks as OpenAI’s does, it mostly ends in /v1",
};
