import { InMemoryCache } from "@langchain/core/caches";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { AIMessage, type AIMessageChunk, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { tool } from "@langchain/core/tools";
import { MemorySaver } from "@langchain/langgraph";
import { createAgent, toolStrategy } from "langchain";
import { InputError } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { ChatRlm, createRlm } from "rlm-langgraph";
import { expect, it } from "vitest";
import { repl, ScriptedChatModel, type Said } from "./scripted-chat-model.ts";

const log = Array.from(
  { length: 9_000 },
  (_, at) => `${at} request ${at === 7_007 ? "hit the Kraken" : "served"}`,
).join("\n");
const look = repl("print(context.length)");
const answer = repl('FINAL(find("Kraken").hits[0].text.includes("7007") ? "request 7007" : "none")');
// Of a run with two turns, each of 10 tokens in and 5 out.
const twoTurns = { input_tokens: 20, output_tokens: 10, total_tokens: 30 };
const limits = { directBelow: 0 };

function objectOf<P extends Record<string, { type: "string" | "number" }>>(properties: P) {
  return { type: "object" as const, properties, required: Object.keys(properties) };
}

const weather = tool(() => "sunny", {
  name: "get_weather",
  description: "The weather of a city.",
  schema: objectOf({ city: { type: "string" } }),
});
const asksWeather: Said = { tool_calls: [{ name: "get_weather", args: { city: "Oslo" }, id: "w1" }] };

it("ChatRlm makes a long text context, and asks what the short one says", async () => {
  const model = new ScriptedChatModel([look, answer]);
  const chat = new ChatRlm({ model, limits });
  const reply = await chat.invoke([new HumanMessage(log), new HumanMessage("Which request hit the Kraken?")]);
  expect(reply.text).toBe("request 7007");
  expect(reply.usage_metadata).toEqual(twoTurns);
  expect(reply.response_metadata).toMatchObject({ model: "scripted-chat", rlm: { status: "final", calls: 2 } });
  const read = model.asked.flatMap(({ messages }) => messages.map(({ text }) => text)).join("\n");
  expect(read).toContain("Question: Which request hit the Kraken?");
  expect(read).not.toContain("hit the Kraken\n7008");
  expect(read.length).toBeLessThan(60_000);
});

it("ChatRlm of one long string asks its first and last 1,000 characters, and all of it is context", async () => {
  const model = new ScriptedChatModel([repl("print(context.length)"), repl("FINAL(String(context.length))")]);
  const text = `Find the Kraken in this.\n${log}\nSay its number alone.`;
  const reply = await new ChatRlm({ model, limits }).invoke(text);
  expect(reply.text).toBe(String(text.length));
  const [, first] = model.asked[0]?.messages ?? [];
  expect(first?.text).toContain(`Question: ${text.slice(0, 1_000)}\n[…]\n${text.slice(-1_000)}`);
});

it("ChatRlm takes long texts out of earlier human and tool messages, keeps system words as instructions, and tells the conversation", async () => {
  const model = new ScriptedChatModel([
    repl("print(text_1.length, text_2.length)"),
    repl("FINAL(`${text_1.length} ${text_2.length}`)"),
  ]);
  const other = log.replaceAll("request", "answer");
  const reply = await new ChatRlm({ model, limits }).invoke([
    new SystemMessage("Always answer in numbers."),
    new HumanMessage({
      content: [
        { type: "text", text: "Keep this:" },
        { type: "text", text: log },
      ],
    }),
    new AIMessage({ content: "", tool_calls: [{ name: "fetch", args: { url: "x" }, id: "f" }] }),
    new ToolMessage({ content: other, tool_call_id: "f" }),
    new HumanMessage("How long are they?"),
  ]);
  expect(reply.text).toBe(`${log.length} ${other.length}`);
  const [system, first] = model.asked[0]?.messages ?? [];
  expect(system?.text.endsWith("# Instructions\nAlways answer in numbers.")).toBe(true);
  expect(first?.text).toContain("Question: How long are they?");
  expect(first?.text).toMatch(/human: Keep this:\n\n\[a text of [\d,]+ characters: `text_1`\]/);
  expect(first?.text).toContain('[called fetch({"url":"x"})]');
});

it("ChatRlm asks the root model plainly where no text is long: messages, tools and stop words as they are", async () => {
  const model = new ScriptedChatModel(["Hello there"]);
  const chat = new ChatRlm({ model }).bindTools([weather], { tool_choice: "auto" });
  const messages = [new SystemMessage("Be short."), new HumanMessage("Hi")];
  const reply = await chat.invoke(messages, { stop: ["you"] });
  expect(reply.text).toBe("Hello there");
  expect(reply.response_metadata["rlm"]).toMatchObject({ status: "plain" });
  expect(model.asked[0]?.messages).toEqual(messages);
  expect(model.asked[0]?.options).toMatchObject({
    stop: ["you"],
    tool_choice: "auto",
    tools: [{ function: { name: "get_weather" } }],
  });
});

it("ChatRlm counts tokens: a text is long above contextAbove", async () => {
  const words = "word ".repeat(100);
  const asked = async (contextAbove: number): Promise<unknown> => {
    const model = new ScriptedChatModel([(messages) => (messages.length > 1 ? repl("print(1)\nFINAL('x')") : "plain")]);
    return (await new ChatRlm({ model, limits, contextAbove }).invoke(words)).response_metadata["rlm"];
  };
  expect(await asked(101)).toMatchObject({ status: "plain" });
  expect(await asked(90)).toMatchObject({ status: "final" });
});

it("ChatRlm.bindTools(): a root's native tool call ends the run and is returned, ids and all", async () => {
  const model = new ScriptedChatModel([look, asksWeather]);
  const chat = new ChatRlm({ model, limits }).bindTools([weather]);
  const reply = await chat.invoke([new HumanMessage(log), new HumanMessage("What is the weather where it happened?")]);
  expect(reply.tool_calls).toEqual([{ name: "get_weather", args: { city: "Oslo" }, id: "w1", type: "tool_call" }]);
  expect(reply.response_metadata).toMatchObject({ finish_reason: "tool_calls", rlm: { status: "tool_calls" } });
  expect(reply.usage_metadata).toEqual(twoTurns);
  expect(model.asked[1]?.options).toMatchObject({ tools: [{ function: { name: "get_weather" } }] });
  expect(model.asked[1]?.messages[0]?.text).toContain("get_weather");
});

it("ChatRlm.bindTools(): sub-calls are not given the tools", async () => {
  const model = new ScriptedChatModel([look, repl('FINAL(await llm_query("Which?"))'), "the sub-model's"]);
  const chat = new ChatRlm({ model, limits }).bindTools([weather]);
  const reply = await chat.invoke([new HumanMessage(log), new HumanMessage("Which?")]);
  expect(reply.text).toBe("the sub-model's");
  expect(model.asked.map(({ options }) => options["tools"] !== undefined)).toEqual([true, true, false]);
});

it("ChatRlm.withStructuredOutput() over a long text: the answer has to fit before it is one", async () => {
  const schema = objectOf({ request: { type: "number" }, monster: { type: "string" } });
  const model = new ScriptedChatModel([
    look,
    repl("FINAL({ request: 'seven' })"),
    repl("FINAL({ request: 7007, monster: 'Kraken' })"),
  ]);
  const structured = new ChatRlm({ model, limits }).withStructuredOutput(schema, { name: "found" });
  expect(await structured.invoke([new HumanMessage(log), new HumanMessage("Which?")])).toEqual({
    request: 7007,
    monster: "Kraken",
  });
  // A forced call would leave no turn for a look.
  expect(model.asked[0]?.options["tools"]).toBeUndefined();
});

it("ChatRlm: one of several tools may be forced over a long text", async () => {
  const model = new ScriptedChatModel([look, repl("FINAL({ name: 'get_weather', args: { city: 'Rome' } })")]);
  const time = tool(() => "noon", {
    name: "get_time",
    description: "The time.",
    schema: objectOf({ zone: { type: "string" } }),
  });
  const chat = new ChatRlm({ model, limits }).bindTools([weather, time], { tool_choice: "any" });
  const reply = await chat.invoke([new HumanMessage(log), new HumanMessage("Which?")]);
  expect(reply.tool_calls).toMatchObject([{ name: "get_weather", args: { city: "Rome" } }]);
});

it("ChatRlm.stream() tells the progress as reasoning, then the answer; the chunks add up to the reply", async () => {
  const model = new ScriptedChatModel([look, answer]);
  let all: AIMessageChunk | undefined;
  const reasoning: unknown[] = [];
  const stream = await new ChatRlm({ model, limits }).stream([new HumanMessage(log), new HumanMessage("Which?")]);
  for await (const chunk of stream) {
    reasoning.push(chunk.additional_kwargs["reasoning_content"]);
    all = all === undefined ? chunk : all.concat(chunk);
  }
  expect(reasoning).toEqual(["Turn 1\n", "Turn 2\n", undefined]);
  expect(all?.text).toBe("request 7007");
  expect(all?.content).toBe("request 7007");
  expect(all?.usage_metadata).toMatchObject(twoTurns);
});

it("ChatRlm's run, and all below it, are one trace in which each token is told once", async () => {
  const model = new ScriptedChatModel([look, repl('FINAL(await llm_query("Which?"))'), "sub", "plain"]);
  const seen = new Map<string, { name: string; parent: string | undefined }>();
  let told = 0;
  const handler = BaseCallbackHandler.fromMethods({
    handleChatModelStart(llm, _messages, id, parent) {
      seen.set(id, { name: llm.id.at(-1) ?? "", parent });
    },
    handleChainStart(_chain, _inputs, id, parent, _tags, _metadata, _type, name) {
      seen.set(id, { name: name ?? "", parent });
    },
    handleLLMEnd({ generations }) {
      const message = (generations[0]?.[0] as unknown as { message?: AIMessage } | undefined)?.message;
      told += message?.usage_metadata?.total_tokens ?? 0;
    },
  });
  handler.awaitHandlers = true;
  const chat = new ChatRlm({ model, limits });
  const reply = await chat.invoke([new HumanMessage(log), new HumanMessage("Which?")], { callbacks: [handler] });
  expect(reply.usage_metadata?.total_tokens).toBe(45);
  expect(told).toBe(45);
  const roots = [...seen].filter(([, { parent }]) => parent === undefined);
  expect(roots.map(([, { name }]) => name)).toEqual(["ChatRlm"]);
  const pathOf = (id: string | undefined): string[] =>
    id === undefined ? [] : [...pathOf(seen.get(id)?.parent), seen.get(id)?.name ?? "?"];
  const paths = [...seen.keys()].map((id) => pathOf(id).join(" > "));
  expect(paths).toContain("ChatRlm > rlm > generate > ScriptedChatModel");
  expect(paths).toContain("ChatRlm > rlm > execute > llm_query > ScriptedChatModel");
  const short = await chat.invoke("Hi", { callbacks: [handler] });
  expect(short.usage_metadata?.total_tokens).toBe(15);
  expect(told).toBe(60);
});

it("ChatRlm is a part of the trace under an agent's streamEvents v3 too, each token told once, all of them in the reply", async () => {
  const told: [name: string, tokens: number | undefined][] = [];
  const names = new Map<string, string>();
  const roots: string[] = [];
  const handler = BaseCallbackHandler.fromMethods({
    handleChatModelStart(llm, _messages, id, parent) {
      names.set(id, llm.id.at(-1) ?? "");
      if (parent === undefined) roots.push(id);
    },
    handleChainStart(_chain, _inputs, id, parent) {
      if (parent === undefined) roots.push(id);
    },
    handleLLMEnd({ generations }, id) {
      const message = (generations[0]?.[0] as unknown as { message?: AIMessage } | undefined)?.message;
      told.push([names.get(id) ?? "", message?.usage_metadata?.total_tokens]);
    },
  });
  handler.awaitHandlers = true;
  for (const [content, replies, usage] of [
    [`${log}\nWhich?`, [look, answer], twoTurns],
    ["Hi", ["Hello there"], { input_tokens: 10, output_tokens: 5, total_tokens: 15 }],
  ] as const) {
    told.length = 0;
    roots.length = 0;
    const chat = new ChatRlm({ model: new ScriptedChatModel([...replies]), limits });
    const agent = createAgent({ model: chat, tools: [] });
    const messages = [new HumanMessage(content)];
    const run = await agent.streamEvents({ messages }, { version: "v3", callbacks: [handler] });
    const reply = (await run.output).messages.at(-1);
    expect((reply as AIMessage).usage_metadata).toMatchObject(usage);
    expect(reply?.response_metadata).toMatchObject({ model: "scripted-chat", rlm: { usage } });
    expect(told).toEqual([...replies.map(() => ["ScriptedChatModel", 15]), ["ChatRlm", undefined]]);
    // No trace of its own beside the agent's.
    expect(roots).toHaveLength(1);
  }
});

it("ChatRlm tells usage in its own run where no run below does", async () => {
  let told = 0;
  const handler = BaseCallbackHandler.fromMethods({
    handleLLMEnd({ generations }) {
      const [generation] = generations[0] ?? [];
      const { message } = generation as unknown as { message: AIMessage };
      told += message.usage_metadata?.total_tokens ?? 0;
    },
  });
  handler.awaitHandlers = true;
  const chat = new ChatRlm({ model: scriptedModel([look, answer]), limits });
  const reply = await chat.invoke([new HumanMessage(log), new HumanMessage("Which?")], { callbacks: [handler] });
  expect(reply.usage_metadata?.total_tokens).toBeGreaterThan(0);
  expect(told).toBe(reply.usage_metadata?.total_tokens);
});

it("ChatRlm stops with its signal's reason while a sub-call is in flight and code loops", async () => {
  const stop = new AbortController();
  const model = new ScriptedChatModel([
    look,
    repl('const one = llm_query("x"); await one; while (true) {}'),
    () => {
      setImmediate(() => stop.abort(new DOMException("enough", "AbortError")));
      return "soon";
    },
  ]);
  const chat = new ChatRlm({ model, limits });
  await expect(
    chat.invoke([new HumanMessage(log), new HumanMessage("Which?")], { signal: stop.signal }),
  ).rejects.toMatchObject({ name: "AbortError" });
});

it("ChatRlm.stream() ends the run where nobody reads on", async () => {
  const aborted = Promise.withResolvers<void>();
  const model = new ScriptedChatModel([
    (_messages, options) => {
      const signal = options["signal"] as AbortSignal;
      return new Promise<string>((_, reject) => {
        signal.addEventListener("abort", () => {
          aborted.resolve();
          reject(signal.reason as Error);
        });
      });
    },
  ]);
  const stream = await new ChatRlm({ model, limits }).stream([new HumanMessage(log), new HumanMessage("Which?")]);
  for await (const chunk of stream) {
    expect(chunk.text).toBe("");
    break;
  }
  await aborted.promise;
});

it("ChatRlm with disableStreaming streams the whole reply at once", async () => {
  const model = new ScriptedChatModel([look, answer]);
  const chunks = [];
  const chat = new ChatRlm({ model, limits, disableStreaming: true });
  for await (const chunk of await chat.stream([new HumanMessage(log), new HumanMessage("Which?")])) chunks.push(chunk);
  expect(chunks.map(({ text }) => text)).toEqual(["request 7007"]);
  expect(chunks[0]?.usage_metadata).toEqual(twoTurns);
});

it("ChatRlm cuts the answer of a run at a stop word", async () => {
  const model = new ScriptedChatModel([look, answer]);
  const chat = new ChatRlm({ model, limits, stop: [" 70"] });
  expect((await chat.invoke([new HumanMessage(log), new HumanMessage("Which?")])).text).toBe("request");
});

it("ChatRlm through LangChain's cache asks once, and a hit costs nothing; another model is another key", async () => {
  const cache = new InMemoryCache(new Map());
  const model = new ScriptedChatModel([look, answer]);
  const messages = [new HumanMessage(log), new HumanMessage("Which?")];
  const chat = new ChatRlm({ model, limits, cache });
  const first = await chat.invoke(messages);
  const second = await chat.invoke(messages);
  expect(model.asked).toHaveLength(2);
  expect(second.text).toBe(first.text);
  expect(first.usage_metadata).toEqual(twoTurns);
  expect(second.usage_metadata?.total_tokens).toBe(0);
  const other = new ScriptedChatModel([look, repl("FINAL('other')")]);
  expect((await new ChatRlm({ model: other, limits: { ...limits, turns: 9 }, cache }).invoke(messages)).text).toBe(
    "other",
  );
});

it("ChatRlm works in createAgent: a tool call over a long text, its result, the answer; also with a checkpointer", async () => {
  const model = new ScriptedChatModel([look, asksWeather, look, repl('FINAL("It is sunny there.")')]);
  const agent = createAgent({
    model: new ChatRlm({ model, limits }),
    tools: [weather],
    checkpointer: new MemorySaver(),
  });
  const { messages } = await agent.invoke(
    { messages: [new HumanMessage(log), new HumanMessage("How is the weather there?")] },
    { configurable: { thread_id: "one" } },
  );
  expect(messages.map(({ type }) => type)).toEqual(["human", "human", "ai", "tool", "ai"]);
  expect(messages.at(-1)?.text).toBe("It is sunny there.");
  const last = model.asked[2]?.messages[1]?.text;
  expect(last).toContain("tool (get_weather): sunny");
});

it("ChatRlm in createAgent streams each token of a plain reply once", async () => {
  const agent = createAgent({ model: new ChatRlm({ model: new ScriptedChatModel(["one two three"]) }), tools: [] });
  const texts: string[] = [];
  const stream = await agent.stream({ messages: [new HumanMessage("Count")] }, { streamMode: "messages" });
  for await (const [message] of stream) texts.push(message.text);
  expect(texts.join("")).toBe("one two three");
});

it("ChatRlm in createAgent streams the answer of a run once, and nothing of the runs below it", async () => {
  const model = new ScriptedChatModel([look, answer]);
  const agent = createAgent({ model: new ChatRlm({ model, limits }), tools: [] });
  const texts: string[] = [];
  const input = { messages: [new HumanMessage(log), new HumanMessage("Which?")] };
  for await (const [message] of await agent.stream(input, { streamMode: "messages" })) texts.push(message.text);
  expect(texts.join("")).toBe("request 7007");
});

it("ChatRlm in createAgent gives a structured response over a long text", async () => {
  const model = new ScriptedChatModel([look, repl("FINAL({ request: 7007 })")]);
  const responseFormat = toolStrategy(objectOf({ request: { type: "number" } }));
  const agent = createAgent({ model: new ChatRlm({ model, limits }), tools: [], responseFormat });
  const input = { messages: [new HumanMessage(log), new HumanMessage("Which?")] };
  expect((await agent.invoke(input)).structuredResponse).toEqual({ request: 7007 });
});

it("ChatRlm takes the place of a model in a chain", async () => {
  const prompt = ChatPromptTemplate.fromMessages([
    ["system", "Answer from the log."],
    ["human", "{log}"],
    ["human", "{question}"],
  ]);
  const model = new ChatRlm({ rlm: createRlm({ model: new ScriptedChatModel([look, answer]), limits }) });
  const chain = prompt.pipe(model).pipe(new StringOutputParser());
  expect(await chain.invoke({ log, question: "Which?" })).toBe("request 7007");
});

it("ChatRlm refuses what cannot be a chat model, and says why", () => {
  const model = new ScriptedChatModel(["x"]);
  const make = (fields: object) => () => new ChatRlm(fields as ConstructorParameters<typeof ChatRlm>[0]);
  expect(make({})).toThrow(InputError);
  expect(make({ model, contextAbove: -1 })).toThrow("Expected fields.contextAbove to be tokens, 0 or more, got -1");
  expect(make({ model, temperature: 0 })).toThrow('Unknown option "temperature"');
  expect(make({ rlm: createRlm({ model }), limits })).toThrow("Cannot use fields.limits beside fields.rlm");
  expect(make({ rlm: createRlm({ model, checkpointer: new MemorySaver() }) })).toThrow("with a checkpointer");
});
