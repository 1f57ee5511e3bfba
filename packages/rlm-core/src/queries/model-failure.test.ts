import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { readFailure } from "./model-failure.ts";

class APIError extends Error {
  status: number | undefined;
  headers: Headers | undefined;
  error: unknown;
  code: unknown;
  type: unknown;
  /** As in the SDKs of OpenAI and Anthropic: all are named "Error", and the body is in `error`. */
  constructor(status?: number, body?: Record<string, unknown>, message = "", headers?: Record<string, string>) {
    super(`${status ?? ""} ${typeof body?.["message"] === "string" ? body["message"] : message}`.trim());
    this.status = status;
    this.headers = headers && new Headers(headers);
    this.error = body;
    this.code = body?.["code"];
    this.type = body?.["type"];
  }
}
class RateLimitError extends APIError {}
class APIConnectionError extends APIError {}
class APIConnectionTimeoutError extends APIConnectionError {}
class APIUserAbortError extends APIError {}

const errorOf = (message: string, more: object = {}): Error => Object.assign(new Error(message), more);
const because = (message: string, cause: unknown): Error => new TypeError(message, { cause });
const caught = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};
const langchainRetryable = Symbol.for("langchain.errors.retryable");

const shapes: [what: string, error: unknown, kind: string][] = [
  [
    "openai 429",
    new RateLimitError(429, { message: "Rate limit reached for gpt-5", code: "rate_limit_exceeded", type: "requests" }),
    "rate-limit",
  ],
  [
    "openai 429 of tokens a minute",
    new RateLimitError(429, {
      message: "Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000",
    }),
    "rate-limit",
  ],
  [
    "openai 429 that never fits",
    new RateLimitError(429, {
      message: "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 45000",
    }),
    "too-long",
  ],
  [
    "openai 429 without quota",
    new RateLimitError(429, { message: "You exceeded your current quota", code: "insufficient_quota" }),
    "quota",
  ],
  ["openai 500", new APIError(500, { message: "The server had an error" }), "overloaded"],
  ["openai 503 without a body", new APIError(503, undefined, "status code (no body)"), "overloaded"],
  [
    "openai in the middle of a stream",
    new APIError(undefined, { message: "oops", type: "server_error" }),
    "overloaded",
  ],
  ["openai 409", new APIError(409, { message: "conflict" }), "overloaded"],
  ["openai 408", new APIError(408, { message: "timeout" }), "overloaded"],
  ["openai connection", new APIConnectionError(undefined, undefined, "Connection error."), "network"],
  ["openai timeout", new APIConnectionTimeoutError(undefined, undefined, "Request timed out."), "network"],
  [
    "openai timeout with its cause",
    Object.assign(new APIConnectionTimeoutError(undefined, undefined, "Request timed out."), {
      cause: new DOMException("This operation was aborted", "AbortError"),
    }),
    "network",
  ],
  ["openai abort", new APIUserAbortError(undefined, undefined, "Request was aborted."), "aborted"],
  ["openai 401", new APIError(401, { message: "Incorrect API key provided: sk-abc", code: "invalid_api_key" }), "key"],
  ["openai 400", new APIError(400, { message: "Invalid value", code: "invalid_value" }), "refused"],
  [
    "openai 400, max_tokens",
    new APIError(400, {
      message: "max_tokens is too large: 16384. This model supports at most 4096 completion tokens",
    }),
    "refused",
  ],
  [
    "openai 400, too long",
    new APIError(400, {
      message: "This model's maximum context length is 8192 tokens",
      code: "context_length_exceeded",
    }),
    "too-long",
  ],
  ["openai 422", new APIError(422, { message: "no" }), "refused"],
  [
    "anthropic 529",
    new APIError(529, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
    "overloaded",
  ],
  [
    "anthropic overloaded in a stream",
    new APIError(undefined, { type: "error", error: { type: "overloaded_error" } }),
    "overloaded",
  ],
  [
    "anthropic rate limit in a stream",
    new APIError(undefined, { type: "error", error: { type: "rate_limit_error" } }),
    "rate-limit",
  ],
  [
    "anthropic 400, too long",
    new APIError(
      400,
      { error: { type: "invalid_request_error" } },
      "prompt is too long: 208310 tokens > 200000 maximum",
    ),
    "too-long",
  ],
  ["anthropic 413", new APIError(413, { error: { type: "request_too_large" } }), "too-long"],
  ["anthropic 403", new APIError(403, { error: { type: "permission_error" } }), "key"],
  ["anthropic 404", new APIError(404, { error: { type: "not_found_error" } }, "model: claude-9"), "not-found"],
  ["undici reset", because("fetch failed", errorOf("read ECONNRESET", { code: "ECONNRESET" })), "network"],
  [
    "undici cut",
    because("terminated", errorOf("other side closed", { code: "UND_ERR_SOCKET", name: "SocketError" })),
    "network",
  ],
  [
    "undici headers timeout",
    because("fetch failed", errorOf("Headers Timeout Error", { code: "UND_ERR_HEADERS_TIMEOUT" })),
    "network",
  ],
  [
    "undici refused, both addresses",
    because(
      "fetch failed",
      Object.assign(
        new AggregateError(
          [errorOf("connect ECONNREFUSED ::1:11434"), errorOf("connect ECONNREFUSED 127.0.0.1:11434")],
          "both",
        ),
        { code: "ECONNREFUSED" },
      ),
    ),
    "network",
  ],
  [
    "undici, no such name",
    because("fetch failed", errorOf("getaddrinfo ENOTFOUND api.opnai.com", { code: "ENOTFOUND" })),
    "address",
  ],
  [
    "undici, no name server",
    because("fetch failed", errorOf("getaddrinfo EAI_AGAIN", { code: "EAI_AGAIN" })),
    "network",
  ],
  [
    "undici, certificate",
    because("fetch failed", errorOf("self-signed certificate", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" })),
    "address",
  ],
  [
    "undici, no URL",
    because("Failed to parse URL from x", errorOf("Invalid URL", { code: "ERR_INVALID_URL" })),
    "address",
  ],
  ["fetch abort", new DOMException("This operation was aborted", "AbortError"), "aborted"],
  ["fetch timeout", new DOMException("The operation was aborted due to timeout", "TimeoutError"), "network"],
  ["node hang up", errorOf("socket hang up", { code: "ECONNRESET" }), "network"],
  ["node-fetch", errorOf("Invalid response body: Premature close", { code: "ERR_STREAM_PREMATURE_CLOSE" }), "network"],
  [
    "axios 503",
    errorOf("Request failed with status code 503", { response: { status: 503, headers: {} } }),
    "overloaded",
  ],
  ["axios timeout", errorOf("timeout of 5000ms exceeded", { code: "ECONNABORTED" }), "network"],
  ["axios cancel", errorOf("canceled", { code: "ERR_CANCELED" }), "aborted"],
  ["ollama 404", errorOf("model 'x' not found", { name: "ResponseError", status_code: 404 }), "not-found"],
  ["ollama 400", errorOf("the input length exceeds the context length", { status_code: 400 }), "too-long"],
  [
    "llama.cpp",
    errorOf("the request exceeds the available context size", {
      status: 400,
      error: { type: "exceed_context_size_error" },
    }),
    "too-long",
  ],
  ["llama.cpp loads", errorOf("Loading model", { status: 503 }), "overloaded"],
  [
    "vLLM",
    new APIError(400, { message: "This model's maximum context length is 4096 tokens. However, you requested 9000" }),
    "too-long",
  ],
  [
    "google 429",
    errorOf("[429 Too Many Requests] You exceeded your current quota", {
      status: 429,
      statusText: "Too Many Requests",
    }),
    "rate-limit",
  ],
  ["google body", errorOf("{…}", { error: { code: 503, status: "UNAVAILABLE" } }), "overloaded"],
  [
    "google, too long",
    errorOf("The input token count (1200000) exceeds the maximum number of tokens allowed", { status: 400 }),
    "too-long",
  ],
  [
    "aws",
    errorOf("Too many tokens, please wait before trying again.", {
      name: "ThrottlingException",
      $metadata: { httpStatusCode: 429 },
    }),
    "rate-limit",
  ],
  ["LangChain, too long", errorOf("x", { name: "ContextOverflowError", [langchainRetryable]: false }), "too-long"],
  ["LangChain timeout", errorOf("Request timed out.", { name: "TimeoutError" }), "network"],
  ["LangChain abort", errorOf("AbortError", { name: "AbortError" }), "aborted"],
  ["a client of a few lines", new Error('429 {"error":"slow down"}'), "rate-limit"],
  ["one that says what it got", new Error("got status: 502 Bad Gateway"), "overloaded"],
  ["a text", "401 no", "key"],
  ["a response", { status: 500, headers: {} }, "overloaded"],
  ["a number in the words", new Error("it has 429 tokens"), "unknown"],
  ["status 200", errorOf("bad body", { status: 200 }), "unknown"],
  ["JSON that stops", caught(() => JSON.parse('{"id":"chatcmpl-1","cho') as unknown), "network"],
  ["JSON that stops after a value", caught(() => JSON.parse('{"created":17') as unknown), "network"],
  ["no JSON at all", caught(() => JSON.parse("") as unknown), "network"],
  ["a page", caught(() => JSON.parse("<html>") as unknown), "no-completion"],
  ["a text", caught(() => JSON.parse("ok") as unknown), "no-completion"],
  ["a pattern that is none", errorOf("Invalid regular expression", { name: "SyntaxError" }), "unknown"],
  ["no completion", errorOf("no", { code: "NO_COMPLETION", cause: new TypeError("x of undefined") }), "no-completion"],
  ["a bug", new TypeError("Cannot read properties of undefined (reading 'choices')"), "unknown"],
  ["nothing", undefined, "unknown"],
];

describe("readFailure()", () => {
  it.each(shapes)("readFailure() of %s", (_what, error, kind) => {
    const failure = readFailure(error, 0);
    expect(failure.kind).toBe(kind);
    expect(failure.hopeless).toBe(typeof error === "object" && error !== null && langchainRetryable in error);
  });

  it("readFailure() reads how long the server asks to wait, from any headers", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    const waits = (headers: unknown) => readFailure(errorOf("429", { headers }), now).retryAfterMs;
    expect(waits(new Headers({ "retry-after": "7" }))).toBe(7000);
    expect(waits({ "Retry-After": 7 })).toBe(7000);
    expect(waits({ "retry-after": "7", "retry-after-ms": "1250.5" })).toBe(1250.5);
    expect(waits({ "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" })).toBe(30_000);
    expect(waits({ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" })).toBe(0);
    for (const odd of [{ "retry-after": "soon" }, { "retry-after": "-1" }, { "retry-after": "" }, {}, null, 5])
      expect(waits(odd)).toBe(undefined);
    const response = { status: 429, headers: { "retry-after": "3" } };
    expect(readFailure(errorOf("x", { response }), now).retryAfterMs).toBe(3000);
    expect(readFailure(errorOf("429", { retryAfterMs: 20 }), now).retryAfterMs).toBe(20);
  });

  it("readFailure() sees that whoever threw it has tried already, or says that it is of no use", () => {
    for (const more of [
      { attemptNumber: 7, retriesLeft: 0 },
      { [langchainRetryable]: false },
      { headers: new Headers({ "x-should-retry": "false" }) },
    ])
      expect(readFailure(errorOf("503 busy", more), 0)).toMatchObject({ kind: "overloaded", hopeless: true });
    for (const more of [
      { attemptNumber: 1, retriesLeft: 0 },
      { attemptNumber: 2, retriesLeft: 3 },
      { [langchainRetryable]: true },
    ])
      expect(readFailure(errorOf("503 busy", more), 0).hopeless).toBe(false);
  });

  it("readFailure() says what to do about it", () => {
    const advice = (error: unknown) => readFailure(error, 0).advice;
    expect(advice(errorOf("no", { status: 401 }))).toMatch(/check the key, .*OPENAI_API_KEY/);
    expect(advice(errorOf("no", { status: 404 }))).toMatch(/model’s name/);
    expect(advice(errorOf("prompt is too long", { status: 400 }))).toMatch(/limits.promptChars.*contextWindow/);
    expect(
      advice(because("fetch failed", errorOf("connect ECONNREFUSED 127.0.0.1:11434", { code: "ECONNREFUSED" }))),
    ).toBe("is the server running at 127.0.0.1:11434?");
    expect(advice(caught(() => JSON.parse("<html>") as unknown))).toMatch(/address right\? .* \/v1$/);
    expect(advice(new Error("what?"))).toBe("");
  });

  it("readFailure() says what has happened where a client says only what it tripped over", () => {
    const message = (error: unknown) => readFailure(error, 0).message;
    expect(message(caught(() => JSON.parse('{"a') as unknown))).toMatch(/^the server’s reply stopped early \(Unterm/);
    expect(message(caught(() => JSON.parse("ok") as unknown))).toMatch(
      /^the server answered with no chat completion \(/,
    );
    const slip = new TypeError("Cannot read properties of undefined");
    expect(message(errorOf("no completion", { code: "NO_COMPLETION", cause: slip }))).toBe("no completion");
  });

  it("readFailure() gives one line of at most 500 characters, with the cause’s words", () => {
    expect(readFailure(because("fetch failed", errorOf("connect ETIMEDOUT 10.0.0.1:443")), 0).message).toBe(
      "fetch failed: connect ETIMEDOUT 10.0.0.1:443",
    );
    const long = readFailure(errorOf(`502\n${"busy\n".repeat(1000)}`), 0).message;
    expect(long).toMatch(/^502 busy busy /);
    expect(long.length).toBe(501);
    expect(readFailure({ status: 500 }, 0).message).toBe("status 500");
  });

  it("readFailure() leaves out the link that LangChain adds", () => {
    const link = "Troubleshooting URL: https://docs.langchain.com/oss/javascript/langchain/errors/MODEL_RATE_LIMIT/";
    expect(readFailure(errorOf(`429 slow down\n\n${link}\n`), 0).message).toBe("429 slow down");
  });

  it("readFailure() gives the words of a page without its markup", () => {
    const page = `500 <!DOCTYPE html>\n<html><head><style>p { color: red }</style><title>Internal error</title></head>
      <body class="x"><p>Sorry, <b>try</b> later.</p><script>alert("x")</script></body></html>`;
    expect(readFailure(errorOf(page), 0).message).toBe("500 Internal error Sorry, try later");
    expect(readFailure(errorOf("expected a < b and <html"), 0).message).toBe("expected a < b and <html");
    expect(readFailure(errorOf(`500 <html>${"<".repeat(1_000_000)}`), 0).kind).toBe("overloaded");
  });

  it("readFailure() survives errors that bite", () => {
    const loop = errorOf("503 loop");
    loop.cause = loop;
    expect(readFailure(loop, 0).kind).toBe("overloaded");
    const biting = Object.defineProperty(errorOf("503"), "status", {
      get: () => {
        throw new Error("no");
      },
    });
    expect(readFailure(biting, 0).kind).toBe("overloaded");
    expect(
      readFailure(
        new Proxy(
          {},
          {
            get: () => {
              throw new Error("no");
            },
          },
        ),
        0,
      ).kind,
    ).toBe("unknown");
    expect(readFailure(Object.create(null), 0).kind).toBe("unknown");
    let deep = errorOf("bottom");
    for (let level = 0; level < 10_000; level++) deep = errorOf("level", { cause: deep });
    expect(readFailure(deep, 0).kind).toBe("unknown");
  });
});

describe("readFailure() of what fetch throws", () => {
  it("readFailure() of a closed port, a connection that is cut before and in the middle of a reply", async () => {
    const caught = async (listener: RequestListener, port?: number): Promise<unknown> => {
      const server = createServer(listener).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      try {
        const response = await fetch(`http://127.0.0.1:${port ?? (server.address() as AddressInfo).port}/`);
        return await response.text();
      } catch (error) {
        return error;
      } finally {
        server.closeAllConnections();
        server.close();
      }
    };
    const before = readFailure(await caught(({ socket }) => socket.destroy()), 0);
    const middle = readFailure(
      await caught((_request, response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("half", () => response.destroy());
      }),
      0,
    );
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const closed = readFailure(await fetch(`http://127.0.0.1:${port}/`).catch((error: unknown) => error), 0);
    expect([before.kind, middle.kind, closed.kind]).toEqual(["network", "network", "network"]);
    expect(closed.advice).toBe(`is the server running at 127.0.0.1:${port}?`);
  });
});
