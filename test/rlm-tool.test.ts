import { HumanMessage, ToolMessage, type BaseMessage } from "@langchain/core/messages";
import { InMemoryStore } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { afterAll, describe, expect, it } from "vitest";
import { isolate, memoryStore } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { ScriptedChatModel, type Said } from "./scripted-chat-model.ts";
import { createRlm, createRlmTool, type RlmToolArtifact } from "rlm-langgraph";

const sandbox = isolate();
afterAll(() => sandbox.close());

const log = `${"a line of text\n".repeat(10_000)}the needle is 7`;
const find = "```repl\nprint(Object.keys(globalThis).length);\nFINAL(find('needle', { around: 20 }).hits[0].text)\n```";

function call(args: Record<string, unknown>): Said {
  return { tool_calls: [{ name: "ask_logs", args, id: "call-1" }] };
}

function agentWith(
  root: string[],
  args: Record<string, unknown>,
  options: { store?: ReturnType<typeof memoryStore> } = {},
) {
  const model = scriptedModel(root);
  const rlm = createRlm({ model, sandbox, limits: { directBelow: 0 }, ...options });
  const chat = new ScriptedChatModel([call(args), "done"]);
  const ask = createRlmTool({
    rlm,
    name: "ask_logs",
    description: "Answers questions about the logs.",
    sources: {
      app: log,
      chat: ({ state }) => state.messages,
      none: () => "",
    },
  });
  return { agent: createAgent({ model: chat, tools: [ask] }), chat, model, rlm };
}

function toolMessage(messages: BaseMessage[]): ToolMessage {
  const found = messages.find((message) => ToolMessage.isInstance(message));
  if (found === undefined) throw new Error("Expected a tool message, got none");
  return found;
}

const question = { messages: [new HumanMessage("which number?")] };

describe("createRlmTool()", () => {
  it("createRlmTool() answers by the name of a source: the agent's model never sees its text", async () => {
    const store = memoryStore();
    const { agent, chat, rlm } = agentWith(
      ["```repl\nprint(context.length)\n```", find],
      { question: "which?", source: "app" },
      { store },
    );
    const { messages } = await agent.invoke(question);
    const said = toolMessage(messages);
    expect(said.content).toContain("the needle is 7");
    const { runId, status } = said.artifact as RlmToolArtifact;
    expect(status).toBe("final");
    expect((await rlm.trajectory(runId)).runs.size).toBe(1);
    for (const { messages: sent } of chat.asked) expect(JSON.stringify(sent).length).toBeLessThan(5_000);
  });

  it("createRlmTool() takes sources from the agent's state, and several at once", async () => {
    for (const options of [{}, { store: memoryStore() }]) {
      const code = "```repl\nprint(1);\nFINAL([app.length, chat[0].content])\n```";
      const { agent } = agentWith(
        ["```repl\nprint(1)\n```", code],
        { question: "which?", source: ["app", "chat"] },
        options,
      );
      const { messages } = await agent.invoke(question);
      const said = toolMessage(messages);
      expect(said.content).toBe(JSON.stringify([log.length, "which number?"]));
    }
  });

  it("createRlmTool() takes a source from the agent's store", async () => {
    const store = new InMemoryStore();
    await store.put(["logs"], "app", { text: log });
    const rlm = createRlm({ model: scriptedModel([find, find]), sandbox, limits: { directBelow: 0 } });
    const ask = createRlmTool({
      rlm,
      name: "ask_logs",
      description: "Logs.",
      sources: { app: async ({ store: known }) => String((await known?.get(["logs"], "app"))?.value["text"]) },
    });
    const chat = new ScriptedChatModel([call({ question: "which?", source: "app" }), "done"]);
    const { messages } = await createAgent({ model: chat, tools: [ask], store }).invoke(question);
    expect(toolMessage(messages).content).toContain("the needle is 7");
  });

  it("createRlmTool() tells the agent what went wrong", async () => {
    const { agent } = agentWith([], { question: "which?", source: "none" });
    const { messages } = await agent.invoke(question);
    const said = toolMessage(messages);
    expect(said.status).toBe("error");
    expect(said.content).toMatch(/No answer: Cannot ask about "none": there is nothing in it\./);
  });

  it("createRlmTool() stops the run where the agent is aborted", async () => {
    const stop = new AbortController();
    let asked: AbortSignal | undefined;
    const rlm = createRlm({
      model: async (_messages, { signal }) => {
        asked = signal;
        stop.abort();
        return await new Promise((_, reject) =>
          signal?.addEventListener("abort", () => reject(signal.reason as Error)),
        );
      },
      sandbox,
      limits: { directBelow: 0 },
    });
    const ask = createRlmTool({ rlm, name: "ask_logs", description: "Logs.", sources: { app: log } });
    const agent = createAgent({
      model: new ScriptedChatModel([call({ question: "which?", source: "app" })]),
      tools: [ask],
    });
    await expect(agent.invoke(question, { signal: stop.signal })).rejects.toMatchObject({ name: "AbortError" });
    expect(asked?.aborted).toBe(true);
  });

  it("createRlmTool() refuses options that cannot be used", () => {
    const rlm = createRlm({ model: scriptedModel([]), sandbox });
    const usable = { rlm, description: "Logs.", sources: { app: log } };
    expect(() => createRlmTool({ ...usable, sources: {} })).toThrow(/at least one source/);
    expect(() => createRlmTool({ ...usable, sources: { "a b": log } })).toThrow(/a b/);
    expect(() => createRlmTool({ ...usable, description: " " })).toThrow(/options.description/);
  });
});
