import { InMemoryCache } from "@langchain/core/caches";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { load } from "@langchain/core/load";
import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
} from "@langchain/core/messages";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { RunnableLambda } from "@langchain/core/runnables";
import { tool } from "@langchain/core/tools";
import { ChatRlm } from "rlm-langgraph";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { repl, ScriptedChatModel, type Said } from "./scripted-chat-model.ts";

/*
 * Our equivalent of LangChain's standard tests of chat models (@langchain/standard-tests, which is not published), each twice:
 * over short messages, which the root model gets as they are, and with a long text among them, which is a run.
 *
 * | theirs                                                | what ours checks                                                        |
 * | ----------------------------------------------------- | ----------------------------------------------------------------------- |
 * | ChatModelInit, InitStreaming                          | it is made, also with disableStreaming and cache                        |
 * | StandardParams                                        | getLsParams has its six keys                                            |
 * | InvokeThrowsWithAbortedSignal                         | an aborted signal: invoke throws, and no model is asked                 |
 * | StreamReturnsEarlyWithAbortedSignal                   | an aborted signal: stream throws or gives nothing                       |
 * | Invoke, Conversation, DoubleMessageConversation       | an AIMessage with text, for one message, turns, and doubled roles       |
 * | Stream                                                | chunks are AIMessageChunks, and have text                               |
 * | Batch                                                 | one reply an input, in order                                            |
 * | StreamEvents                                          | start, stream and end of the model, the chunks being the end's text     |
 * | UsageMetadata, UsageMetadataStreaming                 | three numbers and a model's name, in a reply and in chunks together     |
 * | StopSequence                                          | `stop` of a call and of the constructor                                 |
 * | ToolCalling, BindToolsWithRunnableToolLike,           | a call with name, args, id and type, for a tool, a Runnable as one,     |
 * |   BindToolsWithOpenAIFormattedTools, ToolParamsSchema |   OpenAI's form, and a bare schema                                      |
 * | ToolMessageHistories (string, list), FewShotExamples  | a history with calls and results in it gets a reply                     |
 * | WithStructuredOutput, IncludeRaw, MoreComplexTools    | the parsed value, the raw message, what tracers are told of the form    |
 * | CacheComplexMessageTypes                              | content in blocks is found in the cache again                           |
 * | StreamTokensWithToolCalls, StreamTools                | chunks together have the call and the usage                             |
 * | CanUseToolUseAIMessage (and WithStreaming)            | call, result, answer                                                    |
 * | ParallelToolCalling                                   | two calls in one reply                                                  |
 * | StandardTextContentBlocks                             | text in a block; other blocks go to the root model as they are (short)  |
 * | (serialisation: LangChain's load)                     | a model by name is written and read again; one that cannot be says so   |
 */
const long = Array.from({ length: 9_000 }, (_, at) => `line ${at} of a long text`).join("\n");

const adder = tool(({ a, b }: { a: number; b: number }) => JSON.stringify({ result: a + b }), {
  name: "adder",
  description: "Adds two integers.",
  schema: schemaOf("a", "b"),
});
const call = { name: "adder", args: { a: 1, b: 2 }, id: "abc123" };

async function textOf(stream: Promise<AsyncIterable<AIMessageChunk>>): Promise<string> {
  let text = "";
  for await (const chunk of await stream) text += chunk.text;
  return text;
}

function schemaOf(...names: string[]) {
  const properties = Object.fromEntries(names.map((name) => [name, { type: "integer" as const }]));
  return { type: "object" as const, properties, required: names };
}

describe.each([
  { kind: "short", around: [] as BaseMessage[] },
  { kind: "long", around: [new HumanMessage(long)] as BaseMessage[] },
])("ChatRlm over $kind messages", ({ kind, around }) => {
  const isLong = kind === "long";
  /** Answers as a root model would: in plain words, or by code that looks first. */
  function says(text: string): Said[] {
    return isLong ? [repl("print(context.length)"), repl(`FINAL(${JSON.stringify(text)})`)] : [text];
  }
  function made(replies: Said[], fields: object = {}): { chat: ChatRlm; model: ScriptedChatModel } {
    const model = new ScriptedChatModel(replies);
    return { model, chat: new ChatRlm({ model, limits: { directBelow: 0 }, ...fields }) };
  }
  const hello = [...around, new HumanMessage("Hello")];
  const calls: Said[] = isLong ? [repl("print(1)"), { tool_calls: [call] }] : [{ tool_calls: [call] }];

  it("has the six parameters of LangSmith", () => {
    const names = Object.keys(made([]).chat.getLsParams({}));
    expect(names.toSorted()).toEqual([
      "ls_max_tokens",
      "ls_model_name",
      "ls_model_type",
      "ls_provider",
      "ls_stop",
      "ls_temperature",
    ]);
  });

  it("throws for an aborted signal and asks nothing", async () => {
    const { chat, model } = made(says("x"));
    const signal = AbortSignal.abort();
    await expect(chat.invoke(hello, { signal })).rejects.toThrow();
    await expect(textOf(chat.stream(hello, { signal }))).rejects.toThrow();
    expect(model.asked).toHaveLength(0);
  });

  it.each([
    { name: "one message", messages: [new HumanMessage("Hello")] },
    {
      name: "a conversation",
      messages: [new HumanMessage("hello"), new AIMessage("hello"), new HumanMessage("how are you")],
    },
    {
      name: "doubled roles",
      messages: [
        ...["hello", "hello"].map((text) => new SystemMessage(text)),
        ...["hello", "hello"].map((text) => new HumanMessage(text)),
        ...["hello", "hello"].map((text) => new AIMessage(text)),
        new HumanMessage("how are you"),
      ],
    },
  ])("replies to $name with an AIMessage", async ({ messages }) => {
    const reply = await made(says("Well, thanks")).chat.invoke([...around, ...messages]);
    expect(AIMessage.isInstance(reply)).toBe(true);
    expect(reply.text).toBe("Well, thanks");
  });

  it("streams AIMessageChunks, with usage in their sum", async () => {
    let all: AIMessageChunk | undefined;
    for await (const chunk of await made(says("Well, thanks")).chat.stream(hello)) {
      expect(chunk).toBeInstanceOf(AIMessageChunk);
      all = all === undefined ? chunk : all.concat(chunk);
    }
    expect(all?.text).toBe("Well, thanks");
    const turns = isLong ? 2 : 1;
    expect(all?.usage_metadata).toMatchObject({
      input_tokens: 10 * turns,
      output_tokens: 5 * turns,
      total_tokens: 15 * turns,
    });
    expect(all?.response_metadata).toMatchObject(isLong ? { model: "scripted-chat" } : { model_name: "scripted-chat" });
  });

  it("tells usage and the model's name in a reply", async () => {
    const reply = await made(says("x")).chat.invoke(hello);
    const turns = isLong ? 2 : 1;
    expect(reply.usage_metadata).toMatchObject({
      input_tokens: 10 * turns,
      output_tokens: 5 * turns,
      total_tokens: 15 * turns,
    });
    expect(reply.response_metadata["model"]).toBe("scripted-chat");
  });

  it("answers a batch in order", async () => {
    const { chat } = made([
      (messages) => (isLong && messages.length < 3 ? repl("print(1)") : isLong ? repl("FINAL('same')") : "same"),
    ]);
    const replies = await chat.batch([hello, hello], { maxConcurrency: 2 });
    expect(replies.map(({ text }) => text)).toEqual(["same", "same"]);
  });

  it("tells its start, stream and end as events (v2)", async () => {
    const events = [];
    const chain = RunnableLambda.from((messages: BaseMessage[]) => messages).pipe(made(says("Well, thanks")).chat);
    for await (const event of chain.streamEvents(hello, { version: "v2" }))
      if (event.name === "ChatRlm") events.push(event);
    expect(events.at(0)?.event).toBe("on_chat_model_start");
    expect(events.at(-1)?.event).toBe("on_chat_model_end");
    const chunks = events.filter(({ event }) => event === "on_chat_model_stream");
    const text = chunks.map(({ data }) => (data.chunk as AIMessageChunk).text).join("");
    expect(text).toBe("Well, thanks");
    expect(events.at(-1)?.data.output).toMatchObject({ text });
  });

  it("gives a stream of the model itself (streamEvents without a version)", async () => {
    const stream = made(says("Well, thanks")).chat.streamEvents(hello);
    expect(await stream.text).toBe("Well, thanks");
  });

  it("takes stop words in a call and in the constructor", async () => {
    const one = made(says("say you"));
    const reply = await one.chat.invoke(hello, { stop: ["you"] });
    const other = made(says("say you"), { stop: ["you"] });
    const custom = await other.chat.invoke(hello);
    if (isLong) expect([reply.text, custom.text]).toEqual(["say ", "say "]);
    else expect([one, other].map(({ model }) => model.asked[0]?.options["stop"])).toEqual([["you"], ["you"]]);
  });

  it.each([
    { form: "a tool", bound: adder },
    {
      form: "a Runnable as a tool",
      bound: RunnableLambda.from(() => "").asTool({
        name: "adder",
        description: "Adds.",
        schema: schemaOf("a", "b") as never,
      }),
    },
    { form: "OpenAI's form", bound: { type: "function", function: { name: "adder", parameters: schemaOf("a", "b") } } },
    { form: "a bare schema", bound: { name: "adder", description: "Adds.", schema: schemaOf("a", "b") } },
  ])("calls $form", async ({ bound }) => {
    const { chat, model } = made(calls);
    const reply = await chat.bindTools([bound]).invoke(hello);
    expect(reply.tool_calls).toEqual([{ ...call, type: "tool_call" }]);
    expect(model.asked[0]?.options["tools"]).toMatchObject([{ type: "function", function: { name: "adder" } }]);
  });

  it("makes two calls in one reply", async () => {
    const both: Said = { tool_calls: [call, { ...call, id: "def" }] };
    const reply = await made(isLong ? [repl("print(1)"), both] : [both])
      .chat.bindTools([adder])
      .invoke(hello);
    expect(reply.tool_calls?.map(({ id }) => id)).toEqual(["abc123", "def"]);
  });

  it("streams a call of a tool, with usage", async () => {
    let all: AIMessageChunk | undefined;
    for await (const chunk of await made(calls).chat.bindTools([adder]).stream(hello))
      all = all === undefined ? chunk : all.concat(chunk);
    expect(all?.tool_calls).toMatchObject([call]);
    expect(all?.usage_metadata?.input_tokens).toBeGreaterThan(0);
  });

  it.each([
    { name: "text", content: "" as BaseMessage["content"] },
    {
      name: "blocks",
      content: [
        { type: "text", text: "some" },
        { type: "tool_use", id: "abc123", name: "adder", input: { a: 1, b: 2 } },
      ] as BaseMessage["content"],
    },
  ])("replies to a history of calls and results, in $name", async ({ content }) => {
    const history = [
      new HumanMessage("What is 1 + 2"),
      new AIMessage({ content, tool_calls: [call] }),
      new ToolMessage({ content: '{"result":3}', tool_call_id: "abc123", name: "adder" }),
    ];
    const { chat } = made(says("three"));
    expect((await chat.bindTools([adder]).invoke([...around, ...history])).text).toBe("three");
    const more = [...history, new AIMessage("3"), new HumanMessage("What is 3 + 4")];
    expect(
      (
        await made(says("seven"))
          .chat.bindTools([adder])
          .invoke([...around, ...more])
      ).text,
    ).toBe("seven");
  });

  it("uses a tool: call, result, answer", async () => {
    const chat = made([...calls, ...says("three")]).chat.bindTools([adder]);
    const messages = [...around, new HumanMessage("What is 1 + 2?")];
    const first = await chat.invoke(messages);
    const [made1] = first.tool_calls ?? [];
    const result = new ToolMessage({
      content: JSON.stringify({ result: 3 }),
      tool_call_id: made1?.id ?? "",
    });
    expect((await chat.invoke([...messages, first, result])).text).toBe("three");
  });

  it("gives structured output, parsed, raw, and told to tracers", async () => {
    const replies: Said[] = isLong
      ? [repl("print(1)"), repl("FINAL({ a: 1, b: 2 })")]
      : [{ tool_calls: [{ ...call, name: "sum" }] }];
    let told: unknown;
    const handler = BaseCallbackHandler.fromMethods({
      handleChatModelStart(llm, _messages, _id, _parent, extra) {
        if (llm.id.at(-1) === "ChatRlm") told = extra?.["options"];
      },
    });
    handler.awaitHandlers = true;
    const prompt = ChatPromptTemplate.fromMessages([
      ["placeholder", "{around}"],
      ["human", "Add 1 and 2"],
    ]);
    const plain = prompt.pipe(made(replies).chat.withStructuredOutput(schemaOf("a", "b"), { name: "sum" }));
    expect(await plain.invoke({ around }, { callbacks: [handler] })).toEqual({ a: 1, b: 2 });
    expect(told).toMatchObject({
      ls_structured_output_format: { kwargs: { method: "functionCalling" }, schema: schemaOf("a", "b") },
    });
    const raw = prompt.pipe(
      made(replies).chat.withStructuredOutput(schemaOf("a", "b"), { name: "sum", includeRaw: true }),
    );
    const { raw: message, parsed } = (await raw.invoke({ around })) as { raw: AIMessage; parsed: unknown };
    expect(parsed).toEqual({ a: 1, b: 2 });
    expect(message.tool_calls).toMatchObject([{ name: "sum", args: { a: 1, b: 2 } }]);
  });

  it("gives structured output of a zod schema with its type, and throws for what does not fit it", async () => {
    const schema = z.object({ sum: z.number().int(), words: z.string().optional() }).describe("The sum.");
    const replies = (sum: unknown): Said[] =>
      isLong
        ? [repl("print(1)"), { tool_calls: [{ ...call, name: "extract", args: { sum } }] }]
        : [{ tool_calls: [{ ...call, name: "extract", args: { sum } }] }];
    const question = [...around, new HumanMessage("Add 1 and 2")];
    const answer = await made(replies(3)).chat.withStructuredOutput(schema).invoke(question);
    expectTypeOf(answer).toEqualTypeOf<{ sum: number; words?: string | undefined }>();
    expect(answer).toEqual({ sum: 3 });
    const { chat } = made(replies("three"));
    await expect(chat.withStructuredOutput(schema).invoke(question)).rejects.toThrow(/Failed to parse/);
  });

  it("finds content in blocks in the cache again", async () => {
    const cache = new InMemoryCache(new Map());
    const { chat, model } = made(says("Hi"), { cache });
    const messages = [...around, new HumanMessage({ content: [{ type: "text", text: "Hello there!" }] })];
    const first = await chat.invoke(messages);
    const asked = model.asked.length;
    expect((await chat.invoke(messages)).content).toEqual(first.content);
    expect(model.asked).toHaveLength(asked);
  });
});

it("ChatRlm gives blocks that are no text to the root model as they are", async () => {
  const model = new ScriptedChatModel(["a red dot"]);
  const image = { type: "image", source_type: "base64", mime_type: "image/png", data: "iVBORw0KGgo=" } as const;
  const message = new HumanMessage({ content: [{ type: "text", text: "What is this?" }, image] });
  await new ChatRlm({ model }).invoke([message]);
  expect(model.asked[0]?.messages).toEqual([message]);
});

it("ChatRlm by a model's name is written by LangChain's serializer and read again; one with a model of rlm-core is not", async () => {
  const chat = new ChatRlm({ model: "openai:gpt-5-mini", contextAbove: 5_000, limits: { turns: 9 } });
  const text = JSON.stringify(chat);
  const read = await load<ChatRlm>(text, { optionalImportsMap: { rlm_langgraph: { ChatRlm } } });
  expect(read).toBeInstanceOf(ChatRlm);
  expect(read._identifyingParams()).toEqual(chat._identifyingParams());
  const other = JSON.parse(JSON.stringify(new ChatRlm({ model: async () => ({ text: "" }) }))) as { type: string };
  expect(other.type).toBe("not_implemented");
});
