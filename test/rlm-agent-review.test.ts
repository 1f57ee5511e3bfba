import { ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Command, INTERRUPT, isInterrupted, MemorySaver, type Interrupt } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { afterAll, describe, expect, it, vi } from "vitest";
import { isolate, memoryStore } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { createRlm, createRlmTool, replTool, rlmMiddleware, type ReplToolLike } from "rlm-langgraph";
import { repl, ScriptedChatModel, type Said } from "./scripted-chat-model.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

const text = "a line of text\n".repeat(5_000);
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] } as const;
const none = { type: "object", properties: {} } as const;
const thread = { configurable: { thread_id: "t" } };
const asked = (name: string, args: Record<string, unknown>): Said => ({ tool_calls: [{ name, args, id: "1" }] });

function weather() {
  const seen: unknown[] = [];
  const report = ({ city }: { city: string }) => (seen.push(city), `fine in ${city}`);
  return { seen, made: tool(report, { name: "weather", description: "The weather.", schema }) };
}

/** An RLM that calls the tool once, in the agent's own saver. */
function reviewed(tools: readonly ReplToolLike[]) {
  const checkpointer = new MemorySaver();
  const model = scriptedModel([repl("print(1)"), repl("FINAL(await tools.weather({ city: 'Busan' }))")]);
  const options = { model, sandbox, tools, store: memoryStore(), checkpointer, review: ["answer"] as const };
  return { checkpointer, model, rlm: createRlm({ ...options, limits: { directBelow: 0 } }) };
}

type Waits = { [INTERRUPT]: Interrupt<{ requests: { kind: string }[] }>[] };

/** Says yes until the agent has its answer; the kinds of what was asked. */
async function approve(first: unknown, resume: (command: Command) => Promise<unknown>) {
  const kinds: (string | undefined)[] = [];
  let result = first;
  while (isInterrupted(result)) {
    kinds.push(...(result as Waits)[INTERRUPT].map(({ value }) => value?.requests[0]?.kind));
    if (kinds.length > 5) throw new Error("it asks again and again");
    result = await resume(new Command({ resume: true }));
  }
  return { kinds, messages: (result as { messages: { text: string }[] }).messages };
}

describe("a person in the loop of an agent's RLM", () => {
  it("createRlmTool() has questions reach the agent's thread, and pays nothing twice when it goes on", async () => {
    const warned = vi.spyOn(console, "warn");
    const { made, seen } = weather();
    const { rlm, model, checkpointer } = reviewed([replTool(made, { approve: true })]);
    const ask = createRlmTool({ rlm, name: "ask", description: "Answers.", sources: { text } });
    const chat = new ScriptedChatModel([asked("ask", { question: "q", source: "text" }), "done"]);
    const agent = createAgent({ model: chat, tools: [ask], checkpointer });
    const first = await agent.invoke({ messages: [{ role: "user", content: "ask" }] }, thread);
    expect(seen).toEqual([]);
    const { kinds, messages } = await approve(first, async (command) => await agent.invoke(command, thread));
    expect(kinds).toEqual(["tool", "answer"]);
    expect(seen).toEqual(["Busan"]);
    expect(messages.find((message) => ToolMessage.isInstance(message))?.text).toBe("fine in Busan");
    expect([model.calls.length, chat.asked.length]).toEqual([2, 2]);
    // The agent's own place in the thread is not ours to look at.
    expect(warned).not.toHaveBeenCalled();
  });

  it("rlmMiddleware() has questions of ask_rlm reach the agent's thread", async () => {
    const { made, seen } = weather();
    const { rlm, model, checkpointer } = reviewed([made]);
    const read = tool(() => text, { name: "read", description: "Reads.", schema: none });
    const handle = (said: string): string => /text_[0-9a-f]{16}/.exec(said)?.[0] ?? "";
    const chat = new ScriptedChatModel([
      asked("read", {}),
      (messages) => asked("ask_rlm", { question: "q", handles: [handle(messages.at(-1)?.text ?? "")] }),
      "done",
    ]);
    const middleware = [rlmMiddleware({ rlm, trigger: { chars: 20_000 } })];
    const agent = createAgent({ model: chat, tools: [read], middleware, checkpointer });
    const first = await agent.invoke({ messages: [{ role: "user", content: "ask" }] }, thread);
    const { kinds, messages } = await approve(first, async (command) => await agent.invoke(command, thread));
    expect(kinds).toEqual(["answer"]);
    expect(messages.at(-2)?.text).toBe("fine in Busan");
    expect([seen.length, model.calls.length]).toEqual([1, 2]);
  });

  it("rlmMiddleware() leaves an agent with the error of a tool as a message", async () => {
    const rlm = createRlm({ model: scriptedModel([]), sandbox });
    const fails = tool(() => Promise.reject(new Error("no disk")), {
      name: "read",
      description: "Reads.",
      schema: none,
    });
    const chat = new ScriptedChatModel([asked("read", {}), "done"]);
    const middleware = [rlmMiddleware({ rlm, trigger: { chars: 20_000 } })];
    const agent = createAgent({ model: chat, tools: [fails], middleware });
    const { messages } = await agent.invoke({ messages: [{ role: "user", content: "read" }] });
    expect(messages.at(-2)).toMatchObject({ status: "error", content: expect.stringContaining("no disk") as string });
  });
});

describe("a LangChain tool in the REPL of an agent's RLM", () => {
  it("createRlm() keeps an agent's tool away from the graph of the node, with the caller's own keys", async () => {
    const keys: string[][] = [];
    const look = tool(
      (_: object, { configurable }: { configurable?: object }) => (keys.push(Object.keys(configurable ?? {})), "seen"),
      {
        name: "weather",
        description: "Looks.",
        schema,
      },
    );
    // A graph in a tool is a run of its own, whatever saver its surroundings have.
    const inner = createAgent({ model: new ScriptedChatModel(["inside"]), tools: [], checkpointer: false });
    const nested = tool(
      async () => (await inner.invoke({ messages: [{ role: "user", content: "?" }] })).messages.at(-1)?.text,
      {
        name: "nested",
        description: "Asks.",
        schema: none,
      },
    );
    const checkpointer = new MemorySaver();
    const code = "FINAL([await tools.weather({ city: 'x' }), await tools.nested({})].join())";
    const model = scriptedModel([repl("print(1)"), repl(code)]);
    const rlm = createRlm({ model, sandbox, tools: [look, nested], checkpointer, limits: { directBelow: 0 } });
    const ask = createRlmTool({ rlm, name: "ask", description: "Answers.", sources: { text } });
    const chat = new ScriptedChatModel([asked("ask", { question: "q", source: "text" }), "done"]);
    const agent = createAgent({ model: chat, tools: [ask], checkpointer });
    const config = { configurable: { thread_id: "t", user_id: "u" } };
    const { messages } = await agent.invoke({ messages: [{ role: "user", content: "ask" }] }, config);
    expect(messages.at(-2)?.text).toBe("seen,inside");
    expect(keys.flat()).toContain("user_id");
    expect(keys.flat().filter((key) => /^(__pregel|checkpoint|thread)/.test(key))).toEqual([]);
  });
});
