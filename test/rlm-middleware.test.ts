import { AIMessage, HumanMessage, ToolMessage, type BaseMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { MemorySaver } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { afterAll, describe, expect, it } from "vitest";
import { isolate, memoryStore, type Model, type RunStore } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { createRlm, rlmMiddleware } from "rlm-langgraph";
import { repl, ScriptedChatModel, type Said } from "./scripted-chat-model.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

const big = `${"a line of text that says nothing\n".repeat(155_000)}the needle is 7`;

/** Its code looks, asks a sub-call about a piece, and answers; it keeps how long each request was. */
function rootModel(
  code = "FINAL(await llm_query('Which number? ' + context.slice(-40_000)))",
): Model & { sizes: number[] } {
  const sizes: number[] = [];
  const model: Model = (messages) => {
    const text = messages.map(({ content }) => content).join("\n");
    sizes.push(text.length);
    const isRoot = text.includes("FINAL(value)");
    const looked = messages.some(({ role }) => role === "assistant");
    const said = isRoot
      ? repl(looked ? code : "print(1)")
      : `seven, by ${/the needle is \d/.exec(text)?.[0] ?? "nothing"}`;
    return Promise.resolve({ text: said, usage: { inputTokens: 1, outputTokens: 1 } });
  };
  return Object.assign(model, { sizes });
}

interface Setting {
  chat: ScriptedChatModel;
  model?: Model;
  store?: RunStore;
  checkpointer?: MemorySaver;
}

function agentWith({ chat, model = rootModel(), store = memoryStore(), checkpointer }: Setting) {
  const rlm = createRlm({ model, sandbox, store, limits: { directBelow: 0, promptChars: 50_000 } });
  const read = tool(() => big, {
    name: "read",
    description: "Reads the log.",
    schema: { type: "object", properties: {} },
  });
  return createAgent({
    model: chat,
    tools: [read],
    middleware: [rlmMiddleware({ rlm, trigger: { chars: 20_000 } })],
    ...(checkpointer && { checkpointer }),
  });
}

const handlesIn = (messages: readonly BaseMessage[]): string[] => [
  ...new Set(messages.flatMap(({ text }) => text.match(/text_[0-9a-f]{16}/g) ?? [])),
];

const read: Said = { tool_calls: [{ name: "read", args: {}, id: "read-1" }] };
const askAbout = (handles: string[], id = "ask-1"): Said => ({
  tool_calls: [{ name: "ask_rlm", args: { question: "Which number?", handles }, id }],
});
const lastTool = (messages: readonly BaseMessage[]) => messages.findLast((message) => ToolMessage.isInstance(message));
const sizesOf = (chat: ScriptedChatModel) => chat.asked.map(({ messages }) => JSON.stringify(messages).length);

describe("rlmMiddleware()", () => {
  it("rlmMiddleware() answers about 5 MB that a tool returned, while no model request exceeds 60,000 characters", async () => {
    expect(big.length).toBeGreaterThan(5_000_000);
    const chat = new ScriptedChatModel([
      read,
      (messages) => askAbout(handlesIn(messages)),
      (messages) => `It is ${lastTool(messages)?.text ?? "unknown"}`,
    ]);
    const model = rootModel();
    const { messages } = await agentWith({ chat, model }).invoke({ messages: [new HumanMessage("Which number?")] });
    expect(messages.at(-1)?.text).toBe("It is seven, by the needle is 7");
    expect(chat.asked).toHaveLength(3);
    expect(model.sizes.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...sizesOf(chat), ...model.sizes)).toBeLessThan(60_000);
    // The sub-call had a piece of it.
    expect(Math.max(...model.sizes)).toBeGreaterThan(40_000);
  });

  it("rlmMiddleware() puts a person's long message aside, with both ends of it", async () => {
    const chat = new ScriptedChatModel([(messages) => askAbout(handlesIn(messages)), "done"]);
    const { messages } = await agentWith({ chat }).invoke({
      messages: [new HumanMessage(`${big}\nWhich number is it?`)],
    });
    expect(chat.asked[0]?.messages.at(-1)?.text).toMatch(/a line of text[^]*Which number is it\?/);
    expect(lastTool(messages)?.text).toBe("seven, by the needle is 7");
    expect(messages.filter((message) => HumanMessage.isInstance(message))).toHaveLength(1);
    expect(Math.max(...sizesOf(chat))).toBeLessThan(20_000);
  });

  it("rlmMiddleware() knows a handle in a later turn, by another agent over the same saver and store", async () => {
    const checkpointer = new MemorySaver();
    const store = memoryStore();
    const thread = { configurable: { thread_id: "one" } };
    const first = new ScriptedChatModel([read, "I have it"]);
    await agentWith({ chat: first, store, checkpointer }).invoke({ messages: [new HumanMessage("Read it")] }, thread);
    const later = new ScriptedChatModel([(messages) => askAbout(handlesIn(messages)), "done"]);
    const agent = agentWith({ chat: later, store, checkpointer });
    const { messages } = await agent.invoke({ messages: [new HumanMessage("Which number?")] }, thread);
    expect(lastTool(messages)?.text).toBe("seven, by the needle is 7");
    // What a tool returned is in no checkpoint.
    for await (const { checkpoint } of checkpointer.list(thread))
      expect(JSON.stringify(checkpoint).length).toBeLessThan(60_000);
  });

  it("rlmMiddleware() keeps a handle to its thread, and tells an agent that uses another's", async () => {
    const checkpointer = new MemorySaver();
    const store = memoryStore();
    const first = new ScriptedChatModel([read, "I have it"]);
    const { messages: known } = await agentWith({ chat: first, store, checkpointer }).invoke(
      { messages: [new HumanMessage("Read it")] },
      { configurable: { thread_id: "one" } },
    );
    const handles = handlesIn(known);
    expect(handles).toHaveLength(1);
    const stranger = new ScriptedChatModel([askAbout(handles), "done"]);
    const model = rootModel();
    const { messages } = await agentWith({ chat: stranger, model, store, checkpointer }).invoke(
      { messages: [new HumanMessage(`Ask about ${handles[0] ?? ""}`), new AIMessage("")] },
      { configurable: { thread_id: "two" } },
    );
    expect(lastTool(messages)).toMatchObject({ status: "error" });
    expect(lastTool(messages)?.text).toMatch(/this conversation has no such handle/);
    expect(model.sizes).toEqual([]);
  });

  it("rlmMiddleware() asks over several handles, also of tools that ran at once", async () => {
    const chat = new ScriptedChatModel([
      { tool_calls: ["a", "b"].map((id) => ({ name: "read", args: {}, id })) },
      (messages) => askAbout(handlesIn(messages)),
      "done",
    ]);
    const code = "FINAL(SHOW_VARS.name && Object.keys(globalThis).filter((name) => name.startsWith('text_')).length)";
    const { messages } = await agentWith({ chat, model: rootModel(code) }).invoke({
      messages: [new HumanMessage("Both")],
    });
    expect(handlesIn(chat.asked[1]?.messages ?? [])).toHaveLength(2);
    expect(lastTool(messages)?.status).not.toBe("error");
    expect(lastTool(messages)?.text).toBe("2");
  });

  it("rlmMiddleware() has the evidence of an answer in the artifact, by the handle of the text that it stands in", async () => {
    const dull = "Nothing of note. ".repeat(300);
    const report = `${dull}The valve was closed at noon.\n`;
    const evidence = [
      { claim: "Closed.", quote: "The valve  was closed at noon" },
      { claim: "Rain.", quote: "It rained all day." },
    ];
    const model = scriptedModel([JSON.stringify({ answer: "noon", evidence })]);
    const rlm = createRlm({ model, sandbox, cite: true });
    const chat = new ScriptedChatModel([(messages) => askAbout(handlesIn(messages)), "done"]);
    const agent = createAgent({ model: chat, middleware: [rlmMiddleware({ rlm, trigger: { chars: 4_000 } })] });
    const { messages } = await agent.invoke({ messages: [new HumanMessage(dull), new HumanMessage(report)] });
    const [, source] = handlesIn(chat.asked[0]?.messages ?? []);
    const start = report.indexOf("The valve");
    const quote = "The valve was closed at noon";
    expect(lastTool(messages)).toMatchObject({
      text: "noon",
      artifact: {
        status: "direct",
        citations: [{ claim: "Closed.", source, start, end: start + quote.length, quote }],
        unverified: evidence.slice(1),
      },
    });
  });

  it("rlmMiddleware() leaves what is short, and refuses a trigger that cannot be used", async () => {
    const chat = new ScriptedChatModel(["done"]);
    await agentWith({ chat }).invoke({ messages: [new HumanMessage("x".repeat(19_999))] });
    expect(chat.asked[0]?.messages.at(-1)?.text).toBe("x".repeat(19_999));
    const rlm = createRlm({ model: rootModel(), sandbox });
    expect(() => rlmMiddleware({ rlm, trigger: { chars: 10 } })).toThrow(/options.trigger.chars/);
  });
});
