import { MemorySaver } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { afterAll, describe, expect, it } from "vitest";
import { isolate, memoryCache, memoryStore, storeContexts } from "rlm-core";
import { createRlm, createRlmTool } from "rlm-langgraph";
import { questionOf, repl, ruleModel } from "./scenario.ts";
import { ScriptedChatModel, type Said } from "./scripted-chat-model.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

const thread = { configurable: { thread_id: "t" } };
const sources = { north: "a line of the north\n".repeat(5_000), south: "a line of the south\n".repeat(5_000) };
const calls = (...asked: [question: string, source: string][]): Said => ({
  tool_calls: asked.map(([question, source], at) => ({
    name: "ask_rlm",
    args: { question, source },
    id: `${question}-${at}`,
  })),
});
const user = (content: string) => ({ messages: [{ role: "user", content }] });

describe("an RLM with a checkpointer as the tool of an agent with one", () => {
  it("createRlmTool() answers each call over its own source: at once, one after another, and in a later turn", async () => {
    const model = ruleModel((messages) =>
      messages.length > 2
        ? repl("FINAL([typeof seen, context.slice(0, 19)].join())")
        : repl(`const seen = ${JSON.stringify(questionOf(messages))}; print(seen);`),
    );
    const checkpointer = new MemorySaver();
    const rlm = createRlm({ model, sandbox, checkpointer, store: memoryStore(), limits: { directBelow: 0 } });
    const ask = createRlmTool({ rlm, description: "Answers.", sources });
    const chat = new ScriptedChatModel([
      calls(["a", "north"], ["b", "south"]),
      calls(["c", "south"]),
      "done",
      calls(["d", "north"]),
      "done",
    ]);
    const agent = createAgent({ model: chat, tools: [ask], checkpointer });
    await agent.invoke(user("first"), thread);
    const { messages } = await agent.invoke(user("second"), thread);
    const said = messages.filter(({ type }) => type === "tool").map(({ text }) => text);
    const [north, south] = ["string,a line of the north", "string,a line of the south"];
    expect(said).toEqual([north, south, south, north]);
  });

  it("createRlmTool() goes on where an abort cut it off, and asks no sub-call again that was answered", async () => {
    const asked: string[] = [];
    const stop = new AbortController();
    const model = ruleModel(async (messages, { purpose, signal }) => {
      if (purpose === "root") return repl(messages.length > 2 ? code : "print(1)");
      asked.push(messages.at(-1)?.content ?? "");
      if (asked.length !== 4) return "yes";
      stop.abort();
      return await Promise.reject(signal.reason as Error);
    });
    const code =
      "const all = []; for (let n = 1; n <= 6; n++) all.push(await llm_query('part ' + n)); FINAL(all.join())";
    const checkpointer = new MemorySaver();
    const store = memoryStore();
    const agentAnew = () => {
      const rlm = createRlm({ model, sandbox, checkpointer, store, limits: { directBelow: 0 } });
      const ask = createRlmTool({ rlm, description: "Answers.", sources });
      const chat = new ScriptedChatModel([
        (messages) => (messages.at(-1)?.type === "tool" ? "done" : calls(["q", "north"])),
      ]);
      return createAgent({ model: chat, tools: [ask], checkpointer });
    };
    const first = agentAnew().invoke(user("ask"), { ...thread, signal: stop.signal });
    await expect(first).rejects.toMatchObject({ name: "AbortError" });
    const { messages } = await agentAnew().invoke(null, thread);
    expect(messages.at(-2)?.text).toBe("yes,yes,yes,yes,yes,yes");
    expect(asked).toEqual([1, 2, 3, 4, 4, 5, 6].map((n) => `part ${n}`));
    expect(model.calls.filter(({ options }) => options.purpose === "root")).toHaveLength(2);
  });

  it("createRlmTool() shares a cache of sub-calls between calls of the agent, and the artifact says what was paid", async () => {
    const model = ruleModel((messages, { purpose }) =>
      purpose === "root" ? repl(messages.length > 2 ? "FINAL(await llm_query('Which?'))" : "print(1)") : "that",
    );
    const rules = Object.assign(model, { modelName: "rules" });
    const rlm = createRlm({ model: rules, sandbox, cache: memoryCache(), limits: { directBelow: 0 } });
    const ask = createRlmTool({ rlm, description: "Answers.", sources });
    const chat = new ScriptedChatModel([calls(["a", "north"]), calls(["b", "north"]), "done"]);
    const { messages } = await createAgent({ model: chat, tools: [ask] }).invoke(user("ask"));
    const artifacts = messages.flatMap((message) => ("artifact" in message ? [message.artifact] : []));
    expect(artifacts).toMatchObject([{ usage: { calls: 3 } }, { usage: { calls: 2 } }]);
  });
});

describe("configurable.rlm on a thread", () => {
  it("rlm.invoke() refuses another limit that its REPL depends on, takes the others, and the thread goes on", async () => {
    const model = ruleModel((messages) =>
      repl(messages.length > 2 ? "FINAL(text.length)" : "var text = 'x'.repeat(5_000); print(text)"),
    );
    const saved = { checkpointer: new MemorySaver(), store: memoryStore() };
    const rlmAnew = () => createRlm({ model, sandbox, ...saved, limits: { directBelow: 0 } });
    const rlm = rlmAnew();
    const changed = (limits: object) => ({ configurable: { ...thread.configurable, rlm: { limits } } });
    await rlm.invoke({ query: "q", context: "a context" }, thread);
    expect((await rlm.invoke({ query: "q" }, changed({ turns: 1 }))).limit).toBe("turns");
    const printsLess = rlm.invoke({ query: "q" }, changed({ outputChars: 1_000 }));
    await expect(printsLess).rejects.toThrow(/^Cannot change limits\.outputChars on this thread/);
    const refs = { query: "q", context: await storeContexts("of the graph", saved.store) };
    await expect(rlm.graph.invoke(refs, changed({ outputChars: 1_000 }))).rejects.toThrow(/^Cannot change limits\.out/);
    await rlm.close();
    // Another object replays all that was there.
    const { answer } = await rlmAnew().invoke({ query: "q", context: "another" }, thread);
    expect(answer).toBe("5000");
  });

  it("rlm.invoke() keeps such a limit for the next runs where the first one had it", async () => {
    const model = ruleModel((messages) =>
      repl(messages.length > 2 ? "FINAL(text.length)" : "var text = 'x'.repeat(5_000); print(text)"),
    );
    const saved = { checkpointer: new MemorySaver(), store: memoryStore() };
    const rlmAnew = () => createRlm({ model, sandbox, ...saved, limits: { directBelow: 0 } });
    const printsLess = { configurable: { ...thread.configurable, rlm: { limits: { outputChars: 1_000 } } } };
    await rlmAnew().invoke({ query: "q", context: "a context" }, printsLess);
    for (const config of [printsLess, thread])
      expect((await rlmAnew().invoke({ query: "q", context: "another" }, config)).answer).toBe("5000");
  });
});
