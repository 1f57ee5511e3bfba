/** What the clients of models put into what they throw, read from whatever it is. */
export interface ErrorFacts {
  /** HTTP, 400 to 599. */
  status?: number;
  /** Codes, types, names and classes: of the error, its causes, and the body that it carries. */
  words: readonly string[];
  /** Those of the error itself: a time-out is often made of an abort. */
  ownWords: readonly string[];
  /** Its own message and, where that says more, that of its deepest cause; in one line. */
  message: string;
  /** Milliseconds that the server asks to wait. */
  retryAfterMs?: number;
  /** Whether whoever threw it says that to ask again is of no use, or has done so already. */
  hopeless: boolean;
}

/** `now`: milliseconds since 1970, for a server that names a date. */
export function readError(error: unknown, now: number): ErrorFacts {
  const parts = partsOf(error);
  const message = messageOf(error, parts);
  const status = first(parts, statusOf) ?? statusIn(message);
  const retryAfterMs = first(parts, (part) => retryAfterOf(part, now));
  return {
    words: parts.flatMap(wordsOf),
    ownWords: parts.slice(0, 1).flatMap(wordsOf),
    message,
    hopeless: parts.some(isHopeless),
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

const maxParts = 12;

/** The error, and what hangs below it: causes, the errors of an AggregateError, the body of a response. */
function partsOf(error: unknown): object[] {
  const parts: object[] = [];
  const queue = [error];
  while (queue.length > 0 && parts.length < maxParts) {
    const part = queue.shift();
    if (typeof part !== "object" || part === null || parts.includes(part)) continue;
    parts.push(part);
    const errors = read(part, "errors");
    queue.push(read(part, "cause"), read(part, "error"), ...(Array.isArray(errors) ? (errors as unknown[]) : []));
  }
  return parts;
}

function read(part: unknown, key: PropertyKey): unknown {
  if (typeof part !== "object" || part === null) return undefined;
  try {
    return (part as Record<PropertyKey, unknown>)[key];
  } catch {
    return undefined;
  }
}

function first<T>(parts: readonly object[], find: (part: object) => T | undefined): T | undefined {
  for (const part of parts) {
    const found = find(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

function statusOf(part: object): number | undefined {
  const response = read(part, "response");
  const given = [
    read(part, "status"),
    read(part, "statusCode"),
    read(part, "status_code"),
    read(response, "status"),
    read(response, "statusCode"),
    read(read(part, "$metadata"), "httpStatusCode"),
    read(part, "code"),
  ];
  return given.map(Number).find((status) => Number.isInteger(status) && status >= 400 && status <= 599);
}

// Clients of a few lines throw `${response.status} ${body}`.
function statusIn(message: string): number | undefined {
  const [, status] = /(?:^|\bHTTP |\bstatus(?: code)?:? )([45]\d\d)\b/i.exec(message) ?? [];
  return status === undefined ? undefined : Number(status);
}

function wordsOf(part: object): string[] {
  const made = read(part, "constructor");
  // The SDKs of OpenAI and Anthropic give all their errors the name "Error".
  const ofClass = typeof made === "function" ? made.name : undefined;
  const words = [read(part, "code"), read(part, "type"), read(part, "name"), read(part, "status"), ofClass];
  return words.filter((word) => typeof word === "string");
}

// LangChain marks what it will not try again; p-retry, until its seventh version, what it has tried.
const langchainRetryable = Symbol.for("langchain.errors.retryable");

function isHopeless(part: object): boolean {
  if (read(part, langchainRetryable) === false || header(part, "x-should-retry") === "false") return true;
  const attempts = read(part, "attemptNumber");
  return typeof attempts === "number" && attempts > 1 && read(part, "retriesLeft") === 0;
}

function retryAfterOf(part: object, now: number): number | undefined {
  const milliseconds = read(part, "retryAfterMs") ?? header(part, "retry-after-ms");
  if (isAmount(milliseconds)) return Number(milliseconds);
  const after = header(part, "retry-after");
  if (isAmount(after)) return Number(after) * 1000;
  // Not all that can be read as a date is one: "-1" is.
  const date = typeof after === "string" && after.includes(":") ? Date.parse(after) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function isAmount(value: unknown): boolean {
  const given = typeof value === "number" || (typeof value === "string" && value.trim() !== "");
  return given && Number.isFinite(Number(value)) && Number(value) >= 0;
}

function header(part: object, name: string): unknown {
  for (const headers of [read(part, "headers"), read(read(part, "response"), "headers")]) {
    if (typeof headers !== "object" || headers === null) continue;
    if (isHeaders(headers)) return headers.get(name) ?? undefined;
    const key = Object.keys(headers).find((known) => known.toLowerCase() === name);
    if (key !== undefined) return read(headers, key);
  }
  return undefined;
}

// Clients bring classes of their own.
function isHeaders(headers: object): headers is Pick<Headers, "get"> {
  return typeof read(headers, "get") === "function";
}

function messageOf(error: unknown, parts: readonly object[]): string {
  // Below it is what a client tripped over, which tells nobody anything.
  const telling = read(error, "code") === "NO_COMPLETION" ? parts.slice(0, 1) : parts;
  const messages = telling.map((part) => read(part, "message")).filter((text) => typeof text === "string");
  const [own, ...below] = messages
    .map((text) => withoutMarkup(withoutLink(text)).replaceAll(/\s+/g, " ").trim().replace(/\.$/, ""))
    .filter(Boolean);
  const deepest = below.at(-1);
  if (own !== undefined) return deepest === undefined || own.includes(deepest) ? own : `${own}: ${deepest}`;
  const status = first(parts, statusOf);
  if (status !== undefined) return `status ${status}`;
  return parts.length === 0 ? String(error) : "an error without a message";
}

// LangChain adds one to messages, which would stand in the middle of a sentence.
function withoutLink(text: string): string {
  return text.replaceAll(/\s*Troubleshooting URL: https:\S+/g, "");
}

// What stands between a server and its clients answers with a page, of which the words say more than the markup.
function withoutMarkup(text: string): string {
  const start = text.search(/<(?:!doctype|html|head|body)\b/i);
  if (start < 0) return text;
  const page = text
    .slice(start, start + 20_000)
    .replaceAll(/<(script|style)\b[^>]*>[^<]*/gi, " ")
    .replaceAll(/<[^<>]*>/g, " ");
  return `${text.slice(0, start)} ${page}`;
}
