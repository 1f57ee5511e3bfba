import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request for a chat completion, as it came over the wire. */
export interface ServerRequest {
  model: string;
  messages: { role: string; content: string }[];
  /** max_tokens, or max_completion_tokens. */
  maxTokens?: number;
  stream: boolean;
  /** Counted from 1 over requests with the same messages. */
  attempt: number;
  /** Everything that was sent. */
  body: Readonly<Record<string, unknown>>;
}

/** A string is a text that ends by itself, with usage. */
export type ServerReply =
  | string
  | {
      text: string;
      /** null: none is reported. @default 10 tokens in, 5 out */
      usage?: { prompt_tokens: number; completion_tokens: number } | null;
      /** @default "stop" */
      finishReason?: string;
      /** The model that says it answered. @default the one asked for */
      model?: string;
      /** Further fields of the message, such as reasoning_content. */
      message?: Record<string, unknown>;
    }
  | { status: number; headers?: Record<string, string>; body?: unknown }
  /** Anything with status 200: of this type, else JSON. */
  | { raw: string; type?: string }
  /** The connection breaks in the middle of the body. */
  | { cut: string }
  /** Nothing comes until the client goes away. */
  | { stall: true };

export interface OpenAIServer extends AsyncDisposable {
  /** For the client, with its /v1. */
  readonly baseUrl: string;
  /** All that came. */
  readonly requests: readonly ServerRequest[];
  /** Requests without an end yet. */
  open(): number;
  /** Resolves as soon as so many requests have come in all. */
  came(count: number): Promise<void>;
  /** Resolves as soon as no request is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** A server on this machine that speaks OpenAI's chat completions, plain and streamed; `answer` decides each reply. */
export async function openAIServer(
  answer: (request: ServerRequest) => ServerReply | Promise<ServerReply>,
): Promise<OpenAIServer> {
  const requests: ServerRequest[] = [];
  const waiting = new Set<{ done: () => boolean; resolve: () => void }>();
  let open = 0;

  const server = createServer((incoming, response) => {
    open++;
    response.once("close", () => {
      open--;
      wake();
    });
    serve(incoming, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await readAll(incoming)) as Record<string, unknown>;
    const request = toRequest(body, requests);
    requests.push(request);
    wake();
    send(await answer(request), request, response);
  }

  function wake(): void {
    for (const waiter of waiting) if (waiter.done()) waiter.resolve();
  }

  async function until(done: () => boolean): Promise<void> {
    if (done()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { done, resolve };
    waiting.add(waiter);
    await promise;
    waiting.delete(waiter);
  }

  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    open: () => open,
    came: (count) => until(() => requests.length >= count),
    idle: () => until(() => open === 0),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

function toRequest(body: Record<string, unknown>, before: readonly ServerRequest[]): ServerRequest {
  const messages = body["messages"] as ServerRequest["messages"];
  const same = before.filter((request) => JSON.stringify(request.messages) === JSON.stringify(messages));
  return {
    model: String(body["model"]),
    messages,
    maxTokens: (body["max_completion_tokens"] ?? body["max_tokens"]) as number | undefined,
    stream: body["stream"] === true,
    attempt: same.length + 1,
    body,
  };
}

function send(reply: ServerReply, request: ServerRequest, response: ServerResponse): void {
  if (typeof reply === "string") return send({ text: reply }, request, response);
  if ("stall" in reply) return;
  if ("raw" in reply) {
    response.writeHead(200, { "content-type": reply.type ?? "application/json" });
    return void response.end(reply.raw);
  }
  if ("status" in reply) {
    response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
    response.end(JSON.stringify(reply.body ?? { error: { message: `status ${reply.status}` } }));
    return;
  }
  const cut = "cut" in reply;
  const parts = request.stream ? streamed(reply, request) : [JSON.stringify(completion(reply, request))];
  response.writeHead(200, { "content-type": request.stream ? "text/event-stream" : "application/json" });
  if (!cut) return void response.end(parts.join(""));
  const whole = parts.join("");
  response.write(whole.slice(0, whole.length / 2), () => response.socket?.destroy());
}

type Text = Exclude<ServerReply, string | { status: number } | { raw: string } | { stall: true }>;

function completion(reply: Text, request: ServerRequest): object {
  const { text, finishReason, model, message } = textOf(reply);
  return {
    ...head(request, model, "chat.completion"),
    choices: [
      { index: 0, message: { role: "assistant", content: text, ...message }, finish_reason: finishReason ?? "stop" },
    ],
    ...usageOf(reply),
  };
}

/** Server-sent events: a role, the text in two parts, an end, and the usage if it was asked for. */
function streamed(reply: Text, request: ServerRequest): string[] {
  const { text, finishReason, model, message } = textOf(reply);
  const half = Math.ceil(text.length / 2);
  const choice = (delta: object, reason: string | null = null): object => ({
    choices: [{ index: 0, delta, finish_reason: reason }],
  });
  const options = request.body["stream_options"] as { include_usage?: boolean } | undefined;
  return [
    choice({ role: "assistant", content: "", ...message }),
    choice({ content: text.slice(0, half) }),
    choice({ content: text.slice(half) }),
    choice({}, finishReason ?? "stop"),
    ...(options?.include_usage && "usage" in usageOf(reply) ? [{ choices: [], ...usageOf(reply) }] : []),
  ]
    .map((chunk) => `data: ${JSON.stringify({ ...head(request, model, "chat.completion.chunk"), ...chunk })}\n\n`)
    .concat("data: [DONE]\n\n");
}

function head(request: ServerRequest, model: string | undefined, object: string): object {
  return { id: "chatcmpl-1", object, created: 0, model: model ?? request.model };
}

function textOf(reply: Text): Exclude<Text, { cut: string }> {
  return "cut" in reply ? { text: reply.cut } : reply;
}

function usageOf(reply: Text): object {
  const { usage } = textOf(reply);
  if (usage === null) return {};
  const { prompt_tokens, completion_tokens } = usage ?? { prompt_tokens: 10, completion_tokens: 5 };
  return { usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens } };
}
