import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { ChatOpenAI } from "@langchain/openai";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { runRlm, type JsonSchema, type ModelOptions } from "rlm-core";
import { fromChatModel } from "rlm-langgraph";
import { openAIServer, type OpenAIServer } from "./openai-server.ts";
import { repl } from "./scenario.ts";

function options(more: Partial<ModelOptions> = {}): ModelOptions {
  return { maxOutputTokens: 100, signal: new AbortController().signal, purpose: "sub", depth: 0, ...more };
}

function chatOpenAI(server: OpenAIServer, model = "qwen3"): ChatOpenAI {
  return new ChatOpenAI({ model, apiKey: "none", configuration: { baseURL: server.baseUrl } });
}

const hello = [{ role: "user" as const, content: "Hello" }];
const schema: JsonSchema = { type: "object", properties: { answer: { type: "string" } }, required: ["answer"] };

describe("fromChatModel() over HTTP", () => {
  it("fromChatModel() gives text, usage, the name that answered and the end of the reply", async () => {
    await using server = await openAIServer(() => ({
      text: "42",
      usage: { prompt_tokens: 7, completion_tokens: 1 },
      model: "qwen3-2507",
    }));
    const model = await fromChatModel(chatOpenAI(server));
    expect(model.modelName).toBe("qwen3");
    expect(await model([{ role: "system", content: "Be brief." }, ...hello], options())).toEqual({
      text: "42",
      usage: { inputTokens: 7, outputTokens: 1 },
      model: "qwen3-2507",
      finishReason: "stop",
    });
    expect(server.requests[0]?.messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello" },
    ]);
  });

  it("fromChatModel() sends maxOutputTokens of each call, under the name that the model takes, to the model’s own limit", async () => {
    await using server = await openAIServer(() => ({ text: "…", finishReason: "length" }));
    const old = await fromChatModel(chatOpenAI(server));
    expect(await old(hello, options({ maxOutputTokens: 11 }))).toMatchObject({ finishReason: "length" });
    await old(hello, options({ maxOutputTokens: 12 }));
    await (
      await fromChatModel(chatOpenAI(server, "gpt-5-mini"))
    )(hello, options({ maxOutputTokens: 13 }));
    await (
      await fromChatModel(chatOpenAI(server, "gpt-4o"))
    )(hello, options({ maxOutputTokens: 1_000_000 }));
    expect(server.requests.map(({ body }) => [body["max_tokens"], body["max_completion_tokens"]])).toEqual([
      [11, undefined],
      [12, undefined],
      [undefined, 13],
      [16_384, undefined],
    ]);
  });

  it("fromChatModel() holds a wrapped model to maxOutputTokens too", async () => {
    await using server = await openAIServer(() => "yes");
    const wrapped = chatOpenAI(server).bindTools([], { stop: ["END"] });
    const model = await fromChatModel(wrapped);
    expect(await model(hello, options({ maxOutputTokens: 14 }))).toMatchObject({ text: "yes" });
    expect(server.requests[0]?.body).toMatchObject({ max_tokens: 14, stop: ["END"] });
  });

  it("fromChatModel() leaves usage out where the server reports none", async () => {
    await using server = await openAIServer(() => ({ text: "42", usage: null }));
    const model = await fromChatModel(chatOpenAI(server));
    expect((await model(hello, options())).usage).toBeUndefined();
  });

  it("fromChatModel() gives nothing of reasoning_content", async () => {
    await using server = await openAIServer(() => ({ text: "42", message: { reasoning_content: "Let me see" } }));
    const reply = await (await fromChatModel(chatOpenAI(server)))(hello, options());
    expect(JSON.stringify(reply)).not.toContain("see");
    expect(reply.text).toBe("42");
  });

  it("fromChatModel() sends a schema to a server that is known to take one, and to no other", async () => {
    await using server = await openAIServer(() => '{"answer":"42"}');
    await (
      await fromChatModel(chatOpenAI(server))
    )(hello, options({ responseFormat: schema }));
    await (
      await fromChatModel(chatOpenAI(server, "gpt-4o"))
    )(hello, options({ responseFormat: schema }));
    const named = await fromChatModel("openai:qwen3", { baseUrl: server.baseUrl });
    await named(hello, options({ responseFormat: schema }));
    await named(hello, options({ responseFormat: { type: "array" } }));
    const sent = { type: "json_schema", json_schema: { name: "reply", schema } };
    expect(server.requests.map(({ body }) => body["response_format"])).toEqual([undefined, sent, sent, undefined]);
  });

  it("fromChatModel() asks without the schema where the server refuses it, and never sends one again", async () => {
    await using server = await openAIServer(({ body }) =>
      body["response_format"] ? { status: 400, body: { error: { message: "bad schema" } } } : '{"answer":"42"}',
    );
    const model = await fromChatModel(chatOpenAI(server, "gpt-4o"));
    expect(await model(hello, options({ responseFormat: schema }))).toMatchObject({ text: '{"answer":"42"}' });
    await model(hello, options({ responseFormat: schema }));
    expect(server.requests.map(({ body }) => "response_format" in body)).toEqual([true, false, false]);
  });

  it("fromChatModel() gives a reply to a schema as it is, cut or no JSON", async () => {
    await using server = await openAIServer(() => ({ text: '{"answer":', finishReason: "length" }));
    const model = await fromChatModel(chatOpenAI(server, "gpt-4o"));
    expect(await model(hello, options({ responseFormat: schema }))).toMatchObject({
      text: '{"answer":',
      finishReason: "length",
      usage: { inputTokens: 10, outputTokens: 5 },
    });
    expect(server.requests).toHaveLength(1);
  });

  it("fromChatModel() passes an error on with its status and headers, after one request", async () => {
    await using server = await openAIServer(() => ({ status: 429, headers: { "retry-after-ms": "1" } }));
    const error: unknown = await (
      await fromChatModel(chatOpenAI(server))
    )(hello, options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 429 });
    expect((error as { headers: Headers }).headers.get("retry-after-ms")).toBe("1");
    expect(server.requests).toHaveLength(1);
  });

  it("fromChatModel() rejects with the signal’s reason during a stall, and the connection is closed", async () => {
    await using server = await openAIServer(() => ({ stall: true }));
    const model = await fromChatModel(chatOpenAI(server));
    const controller = new AbortController();
    const asking = model(hello, options({ signal: controller.signal }));
    await server.came(1);
    expect(server.open()).toBe(1);
    controller.abort(new Error("enough"));
    await expect(asking).rejects.toThrow("enough");
    await server.idle();
    await expect(model(hello, options({ signal: controller.signal }))).rejects.toThrow("enough");
    expect(server.requests).toHaveLength(1);
  });

  it("fromChatModel() asks a model by name at a server of one’s own, without a key", async () => {
    await using server = await openAIServer(() => "yes");
    const model = await fromChatModel("openai:qwen3:8b", {
      baseUrl: server.baseUrl,
      contextWindow: 32_768,
      fields: { temperature: 0 },
    });
    expect([model.modelName, model.contextWindow]).toEqual(["qwen3:8b", 32_768]);
    expect(await model(hello, options())).toMatchObject({ text: "yes" });
    expect(server.requests[0]?.body).toMatchObject({ model: "qwen3:8b", temperature: 0, max_tokens: 100 });
  });
});

class Runs extends BaseCallbackHandler {
  readonly name = "runs";
  readonly nodes = new Map<string, string>();
  readonly parents: (string | undefined)[] = [];
  override handleChainStart(
    ...[, , runId, , , , , runName]: Parameters<NonNullable<BaseCallbackHandler["handleChainStart"]>>
  ) {
    this.nodes.set(runId, runName ?? "");
  }
  override handleChatModelStart(
    ...[, , , parent]: Parameters<NonNullable<BaseCallbackHandler["handleChatModelStart"]>>
  ) {
    this.parents.push(parent && this.nodes.get(parent));
  }
}

describe("fromChatModel() in a node of a graph", () => {
  const State = Annotation.Root({ answer: Annotation<string> });

  /** A run of nine model calls, four at a time: one of the root, and eight sub-calls. */
  async function graphOver(server: OpenAIServer) {
    const model = await fromChatModel(chatOpenAI(server));
    return new StateGraph(State)
      .addNode("ask", async () => ({
        answer: (await runRlm({ query: "q", context: "c" }, { model, limits: { concurrency: 4, directBelow: 0 } }))
          .answer,
      }))
      .addEdge(START, "ask")
      .addEdge("ask", END)
      .compile();
  }
  const answer = ({ messages }: { messages: { role: string }[] }) =>
    messages.length > 1
      ? repl(
          "const all = await llm_query_batched(Array.from({ length: 8 }, (_, at) => `part ${at}`)); print(all); FINAL(all.join(''))",
        )
      : "a";

  it("fromChatModel() calls, also those that waited for a place, are runs below the node’s", async () => {
    await using server = await openAIServer(answer);
    const runs = new Runs();
    const graph = await graphOver(server);
    expect(await graph.invoke({}, { callbacks: [runs] })).toEqual({ answer: "aaaaaaaa" });
    expect(runs.parents).toEqual(Array.from({ length: 9 }, () => "ask"));
  });

  it("fromChatModel() calls are streamed by the graph’s mode messages, and read as a plain reply is", async () => {
    await using server = await openAIServer(() => ({ text: "forty-two", model: "qwen3-2507", finishReason: "length" }));
    const model = await fromChatModel(chatOpenAI(server));
    const graph = new StateGraph(Annotation.Root({ reply: Annotation<unknown> }))
      .addNode("ask", async () => ({ reply: await model(hello, options()) }))
      .addEdge(START, "ask")
      .addEdge("ask", END)
      .compile();
    const texts: string[] = [];
    let reply: unknown;
    for await (const [mode, chunk] of await graph.stream({}, { streamMode: ["messages", "values"] }))
      if (mode === "messages") texts.push(chunk[0].text);
      else reply = chunk.reply;
    expect(texts.filter((text) => text !== "")).toEqual(["forty", "-two"]);
    expect(reply).toEqual({
      text: "forty-two",
      usage: { inputTokens: 10, outputTokens: 5 },
      model: "qwen3-2507",
      finishReason: "length",
    });
    expect(server.requests[0]).toMatchObject({ stream: true, maxTokens: 100 });
  });

  it("fromChatModel() asks plainly where the model streams by itself, which would count tokens over the network", async () => {
    await using server = await openAIServer(() => "42");
    const streaming = new ChatOpenAI({
      model: "m",
      streaming: true,
      apiKey: "none",
      configuration: { baseURL: server.baseUrl },
    });
    expect(await (await fromChatModel(streaming))(hello, options())).toMatchObject({ usage: { inputTokens: 10 } });
    expect(server.requests[0]?.stream).toBe(false);
  });
});
