import { ChatOpenAI } from "@langchain/openai";
import { describe, expect, it } from "vitest";
import { runRlm, type RlmOptions } from "rlm-core";
import { createRlm, fromChatModel } from "rlm-langgraph";
import { openAIServer, type OpenAIServer, type ServerReply, type ServerRequest } from "./openai-server.ts";
import { repl } from "./scenario.ts";

const soon = { "retry-after-ms": "1" };

/** A whole run: model, server, sandbox. Short contexts go to the root too. */
async function ask(server: OpenAIServer, more: Partial<RlmOptions> = {}) {
  const chat = new ChatOpenAI({ model: "qwen3", apiKey: "none", configuration: { baseURL: server.baseUrl } });
  const model = await fromChatModel(chat);
  return await runRlm({ query: "q", context: "c" }, { model, limits: { directBelow: 0 }, ...more });
}

type Script = (request: ServerRequest) => ServerReply;

/** Sub-calls are one message; a root has its instructions before it. */
function serve(script: { root: Script | string; sub?: Script }): Promise<OpenAIServer> {
  const { root, sub = () => "yes" } = script;
  return openAIServer((request) => {
    if (request.messages.length === 1) return sub(request);
    return typeof root === "string" ? root : root(request);
  });
}

const twenty = repl(
  "const all = await llm_query_batched(Array.from({ length: 20 }, (_, at) => `part ${at}`)); print(all.length); " +
    "FINAL(all.map((one) => (one instanceof Error ? `error ${one.code}` : one)).join())",
);
const one = repl("const reply = await llm_query('part'); print(reply); FINAL(reply)");
const turnOf = ({ messages }: ServerRequest) => messages.filter(({ role }) => role === "assistant").length + 1;

describe("runRlm() over HTTP", () => {
  it("runRlm() asks again after 429, of the root and of a sub-call", async () => {
    const once: (reply: string) => Script =
      (reply) =>
      ({ attempt }) =>
        attempt === 1 ? { status: 429, headers: soon } : reply;
    await using server = await serve({ root: once(one), sub: once("yes") });
    expect(await ask(server)).toMatchObject({ answer: "yes", status: "final" });
    expect(server.requests).toHaveLength(4);
  });

  it("runRlm() says what to do about a key that is refused, and nothing of LangChain’s links", async () => {
    const body = { error: { message: "Incorrect API key provided" } };
    await using server = await serve({ root: () => ({ status: 401, body }) });
    await expect(ask(server)).rejects.toThrow(
      /^Cannot get a reply from the model "qwen3": 401 Incorrect API key provided; check the key, [^/]*$/,
    );
  });

  it("runRlm() gives the code an error in the slot of the one sub-call of twenty that fails with 500, and nineteen results", async () => {
    await using server = await serve({
      root: twenty,
      sub: ({ messages }) => (messages[0]?.content === "part 7" ? { status: 500, headers: soon } : "yes"),
    });
    const { answer, status } = await ask(server);
    const slots = Array.from({ length: 20 }, (_, at) => (at === 7 ? "error model" : "yes"));
    expect(answer).toBe(slots.join());
    expect(status).toBe("final");
  });

  it("runRlm() asks again where the connection is cut in the middle of a reply", async () => {
    const cut: Script = ({ attempt }) => (attempt === 1 ? { cut: "never whole ".repeat(1000) } : one);
    await using server = await serve({ root: cut, sub: ({ attempt }) => (attempt === 1 ? { cut: "half" } : "whole") });
    expect(await ask(server)).toMatchObject({ answer: "whole", status: "final" });
  });

  it("runRlm() asks again where the JSON of a reply stops early though the connection was not cut", async () => {
    const early: Script = ({ attempt }) => (attempt === 1 ? { raw: '{"id":"chatcmpl-1","cho' } : one);
    await using server = await serve({ root: early, sub: () => "whole" });
    expect(await ask(server)).toMatchObject({ answer: "whole", status: "final" });
  });

  it.each([
    { raw: "<html><body>It works!</body></html>", type: "text/html" },
    { raw: "<html>" },
    { raw: "{}" },
    { raw: '{"choices":[]}' },
    { raw: '{"error":"no model is loaded"}' },
  ])("runRlm() says that a server answers with no chat completion: $raw", async (reply) => {
    await using server = await serve({ root: () => reply });
    await expect(ask(server)).rejects.toThrow(
      /^Cannot get a reply from the model "qwen3": the server answered with no chat completion.*; is the server’s address right\? .* \/v1$/,
    );
    expect(server.requests).toHaveLength(1);
  });

  it("runRlm() says that a server streams no chat completion", async () => {
    await using server = await serve({ root: () => ({ raw: "<html>", type: "text/html" }) });
    const chat = new ChatOpenAI({ model: "qwen3", apiKey: "none", configuration: { baseURL: server.baseUrl } });
    const rlm = createRlm({ model: chat, limits: { directBelow: 0 } });
    const stream = await rlm.stream({ query: "q", context: "c" }, { streamMode: "messages" });
    await expect(stream.next()).rejects.toThrow(/answered with no chat completion; is the server’s address right/);
  });

  it("runRlm() asks with more room for a reply that was cut by length", async () => {
    await using server = await serve({
      root: one,
      sub: ({ attempt }) => (attempt === 1 ? { text: "ha", finishReason: "length" } : "half and whole"),
    });
    expect(await ask(server)).toMatchObject({ answer: "half and whole", status: "final" });
    const [first = 0, second = 0] = server.requests
      .filter(({ messages }) => messages.length === 1)
      .map(({ maxTokens }) => maxTokens);
    expect(second).toBeGreaterThan(first);
  });

  it("runRlm() counts tokens itself where no usage is reported, and says so", async () => {
    const silent = (text: string): ServerReply => ({ text, usage: null });
    await using server = await serve({ root: () => silent(one), sub: () => silent("yes") });
    const { answer, usage } = await ask(server);
    expect(answer).toBe("yes");
    expect(usage).toMatchObject({ calls: 2, estimated: true });
    expect(usage.inputTokens).toBeGreaterThan(100);
  });

  it("runRlm() drops what was thought in <think>, closed", async () => {
    await using server = await serve({
      root: `<think>Is it ${repl("FINAL('wrong')")}?</think>${one}`,
      sub: () => "<think>Is it no?</think>\nyes",
    });
    expect(await ask(server)).toMatchObject({ answer: "yes", status: "final" });
  });

  it("runRlm() drops what was thought in <think>, unclosed, and asks for what was left out", async () => {
    const unclosed = (then: string): Script => {
      return ({ attempt }) => (attempt === 1 ? `<think>Is it ${repl("FINAL('wrong')")}` : then);
    };
    await using server = await serve({ root: unclosed(one), sub: unclosed("yes") });
    expect(await ask(server)).toMatchObject({ answer: "yes", status: "final" });
    expect(server.requests).toHaveLength(4);
  });

  it("runRlm() goes on after a reply without code", async () => {
    await using server = await serve({
      root: (request) => (turnOf(request) === 1 ? "I shall look at the context first." : one),
    });
    expect(await ask(server)).toMatchObject({ answer: "yes", status: "final" });
    expect(server.requests.map(({ messages }) => messages.length > 1)).toEqual([true, true, false]);
  });

  it("runRlm() runs the whole of a block with fences inside of it", async () => {
    const nested = "/* In the context stands\n```js\nFINAL('wrong')\n```\nand more. */\nprint('```'); FINAL('yes')";
    await using server = await serve({ root: `Here it is.\n\n${repl(nested)}\n\nThat is all.` });
    expect(await ask(server)).toMatchObject({ answer: "yes", status: "final" });
    expect(server.requests).toHaveLength(1);
  });

  it("runRlm() ends within 500 ms of an abort while the server stalls, and leaves no connection", async () => {
    await using server = await serve({ root: twenty, sub: () => ({ stall: true }) });
    const controller = new AbortController();
    const asking = ask(server, { signal: controller.signal, limits: { directBelow: 0, concurrency: 4 } });
    await server.came(5);
    expect(server.open()).toBe(4);
    const start = performance.now();
    controller.abort(new Error("enough"));
    await expect(asking).rejects.toThrow("enough");
    expect(performance.now() - start).toBeLessThan(500);
    await server.idle();
    expect(server.requests).toHaveLength(5);
  });
});
