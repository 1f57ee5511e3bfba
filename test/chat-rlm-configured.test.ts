import { InMemoryCache } from "@langchain/core/caches";
import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { createAgent } from "langchain";
import type { Model } from "rlm-core";
import { ChatRlm } from "rlm-langgraph";
import { describe, expect, it } from "vitest";
import { repl, ScriptedChatModel } from "./scripted-chat-model.ts";

const log = "a request was served\n".repeat(4_000);
const long = [new HumanMessage(log), new HumanMessage("Which?")];
const limits = { directBelow: 0 };
const answers = [repl("print(context.length)"), repl('FINAL("by the other")')];
const unasked = (): ScriptedChatModel => new ScriptedChatModel([]);

function configurable(model: ScriptedChatModel | Model, changed: object = {}) {
  return { configurable: { rlm: { model, limits: { ...limits, ...changed } } } };
}

describe("configurable.rlm of a ChatRlm", () => {
  it("changes the model of a short text: invoke, stream, a binding", async () => {
    const chat = new ChatRlm({ model: unasked() });
    const other = new ScriptedChatModel(["one", "two", "three"]);
    const reply = await chat.invoke("hello", configurable(other));
    expect(reply.text).toBe("one");
    expect(reply.response_metadata).toMatchObject({ model: "scripted-chat", rlm: { status: "plain" } });
    let streamed = "";
    for await (const { text } of await chat.stream("hello", configurable(other))) streamed += text;
    expect(streamed).toBe("two");
    expect((await chat.withConfig(configurable(other)).invoke("hello")).text).toBe("three");
    // What is changed is nothing that the root model is asked with.
    for (const { options } of other.asked) expect(Object.keys(options ?? {})).not.toContain("rlm");
  });

  it("changes the limits of a short text that a function answers", async () => {
    const asked: number[] = [];
    const model: Model = async (_, { maxOutputTokens }) => {
      asked.push(maxOutputTokens);
      return { text: "yes" };
    };
    const chat = new ChatRlm({ model, limits: { maxOutputTokens: 50 } });
    await chat.invoke("hello");
    await chat.invoke("hello", { configurable: { rlm: { limits: { maxOutputTokens: 70 } } } });
    expect(asked).toEqual([50, 70]);
  });

  it("changes the model of a run outside of any graph, also with native tools", async () => {
    const chat = new ChatRlm({ model: unasked(), limits });
    expect((await chat.invoke(long, configurable(new ScriptedChatModel(answers)))).text).toBe("by the other");
    const weather = tool(() => "sunny", { name: "weather", description: "The weather.", schema: noArguments });
    const calls = new ScriptedChatModel([answers[0] ?? "", { tool_calls: [{ name: "weather", args: {}, id: "w1" }] }]);
    const reply = await chat.bindTools([weather]).invoke(long, configurable(calls));
    expect(reply.tool_calls).toMatchObject([{ name: "weather" }]);
  });

  it.each(["hello", log])("reaches it in an agent by the agent's config (%#)", async (content) => {
    const other = new ScriptedChatModel(content === log ? answers : ["by the other"]);
    const agent = createAgent({ model: new ChatRlm({ model: unasked(), limits }), tools: [] });
    const { messages } = await agent.invoke({ messages: [new HumanMessage(content)] }, configurable(other));
    expect(messages.at(-1)?.text).toBe("by the other");
  });

  it("tells calls apart in LangChain's cache", async () => {
    const cache = new InMemoryCache(new Map());
    const [usual, other] = [new ScriptedChatModel(["usual"]), new ScriptedChatModel(["other"])];
    const chat = new ChatRlm({ model: usual, cache });
    expect((await chat.invoke("hello")).text).toBe("usual");
    expect((await chat.invoke("hello", configurable(other, { turns: 3 }))).text).toBe("other");
    expect((await chat.invoke("hello")).text).toBe("usual");
    expect([usual.asked.length, other.asked.length]).toEqual([1, 1]);
  });

  it("is refused where it cannot be used", async () => {
    const chat = new ChatRlm({ model: unasked() });
    await expect(chat.invoke("hello", { configurable: { rlm: { models: 1 } } })).rejects.toThrow(
      "Unknown configurable.rlm.models",
    );
  });
});

const noArguments = { type: "object", properties: {} } as const;
