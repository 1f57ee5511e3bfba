import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AIMessage, HumanMessage, ToolMessage, type BaseMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { createDeepAgent, FilesystemBackend, StateBackend, type FileData } from "deepagents";
import { afterAll, describe, expect, it } from "vitest";
import { isolate, type Model } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { rlmSubAgent, type RlmSubAgentOptions } from "rlm-deepagents";
import { createRlm } from "rlm-langgraph";
import { deepTask as task, fileOf } from "./deep-agent.ts";
import { repl, ScriptedChatModel, type Said } from "./scripted-chat-model.ts";

const sandbox = isolate();
const folder = mkdtempSync(join(tmpdir(), "rlm-sub-agent-"));
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const big = `${"a line of text that says nothing\n".repeat(32_000)}the needle is 7`;
const ask = [new HumanMessage("Which number?")];
const limits = { directBelow: 0, promptChars: 50_000 };
const lastTool = (messages: readonly BaseMessage[]) => messages.findLast((message) => ToolMessage.isInstance(message));
const lengthsOf = (chat: ScriptedChatModel) => chat.asked.map(({ messages }) => JSON.stringify(messages).length);

/** Its code looks, asks a sub-call about a piece of the first file, and answers. */
function readingModel(): Model & { asked: string[] } {
  const asked: string[] = [];
  const model: Model = (messages) => {
    const text = messages.map(({ content }) => content).join("\n");
    asked.push(text);
    const looked = messages.some(({ role }) => role === "assistant");
    const code = looked
      ? "FINAL(await llm_query('Which number? ' + Object.values(files)[0].slice(-40_000)))"
      : "print(Object.keys(files))";
    const said = text.includes("FINAL(value)") ? repl(code) : `seven, by ${/the needle is \d/.exec(text)?.[0]}`;
    return Promise.resolve({ text: said, usage: { inputTokens: 3, outputTokens: 2 } });
  };
  return Object.assign(model, { asked });
}

/** A deep agent whose one task is done by an RLM of one block, which tells what it finds. */
function agentOf(code: string, options: Partial<RlmSubAgentOptions> = {}, says: Said[] = [task("Look."), "done"]) {
  const model = scriptedModel([repl("print(1)"), repl(code)]);
  const chat = new ScriptedChatModel(says);
  const rlm = createRlm({ model, sandbox, limits });
  const { backend } = options;
  const agent = createDeepAgent({
    model: chat,
    subagents: [rlmSubAgent({ rlm, ...options })],
    ...(backend && { backend }),
  });
  return { agent, chat, model };
}

describe("rlmSubAgent()", () => {
  it("rlmSubAgent() answers over files of 1 MB by the tool task, while no model request exceeds 60,000 characters", async () => {
    expect(big.length).toBeGreaterThan(1_000_000);
    const model = readingModel();
    const chat = new ScriptedChatModel([
      task("Which number is in the log?"),
      (messages) => `It is ${lastTool(messages)?.text}`,
    ]);
    const subagents = [rlmSubAgent({ rlm: createRlm({ model, sandbox, limits }), description: "Answers over files." })];
    const agent = createDeepAgent({ model: chat, subagents });
    const given = { "/app.log": fileOf(big), "/notes/a.txt": fileOf("a note") };
    const { messages, files = {} } = await agent.invoke({ messages: ask, files: given });
    expect(messages.at(-1)?.text).toBe("It is seven, by the needle is 7");
    expect(model.asked[0]).toContain("Which number is in the log?");
    expect(model.asked[1]).toContain('["/app.log", "/notes/a.txt"]');
    const longest = Math.max(...model.asked.map(({ length }) => length));
    expect(longest).toBeGreaterThan(40_000);
    expect(Math.max(...lengthsOf(chat), longest)).toBeLessThan(60_000);
    expect(files).toEqual(given);
  });

  it("rlmSubAgent() answers about 5 MB that a tool returned and deepagents put into a file", async () => {
    const read = tool(() => big.repeat(5), { name: "read", description: "Reads.", schema: { type: "object" } });
    const model = readingModel();
    const chat = new ScriptedChatModel([
      { tool_calls: [{ name: "read", args: {}, id: "read-1" }] },
      task("Which number is in the result?"),
      (messages) => `It is ${lastTool(messages)?.text}`,
    ]);
    const subagents = [rlmSubAgent({ rlm: createRlm({ model, sandbox, limits }) })];
    const { messages } = await createDeepAgent({ model: chat, tools: [read], subagents }).invoke({ messages: ask });
    expect(messages.at(-1)?.text).toBe("It is seven, by the needle is 7");
    expect(model.asked[1]).toContain('["/large_tool_results/read-1.txt"]');
    expect(Math.max(...lengthsOf(chat), ...model.asked.map(({ length }) => length))).toBeLessThan(60_000);
  });

  it("rlmSubAgent() puts an answer that is too long for a message into a file of the agent", async () => {
    const { agent, chat } = agentOf("FINAL('a long answer '.repeat(3_000))");
    const { messages, files = {} } = await agent.invoke({ messages: ask, files: { "/a.txt": fileOf("x") } });
    const said = lastTool(messages)?.text ?? "";
    expect(said).toMatch(/^\[The answer has 42,000 characters: it is in the file (\S+)\. It begins:\]\na long answer /);
    expect(said.length).toBeLessThan(2_500);
    const [, path = ""] = /in the file (\S+)\./.exec(said) ?? [];
    expect(files[path]?.content).toBe("a long answer ".repeat(3_000));
    expect(Object.keys(files)).toHaveLength(2);
    expect(Math.max(...lengthsOf(chat))).toBeLessThan(20_000);
  });

  it("rlmSubAgent() answers two tasks at once, each by a run of its own", async () => {
    const tool_calls = [task("One."), task("Two.", "task-2")].flatMap((said) => said.tool_calls);
    const chat = new ScriptedChatModel([{ tool_calls }, "done"]);
    const model: Model = (messages) => {
      const looked = messages.some(({ role }) => role === "assistant");
      const which = messages[1]?.content.includes("One.") === true ? "one" : "two";
      return Promise.resolve({ text: repl(looked ? `FINAL('${which} '.repeat(10_000))` : "print(1)") });
    };
    const subagents = [rlmSubAgent({ rlm: createRlm({ model, sandbox, limits }) })];
    const { files = {} } = await createDeepAgent({ model: chat, subagents }).invoke({ messages: ask });
    expect(Object.values(files).map(({ content }) => content.slice(0, 3))).toEqual(
      expect.arrayContaining(["one", "two"]),
    );
  });

  it("rlmSubAgent() has the conversation too in mode fork, and the task without words for others", async () => {
    const { agent, model } = agentOf("FINAL(messages)", { mode: "fork" }, [task("What was asked?"), "done"]);
    const { messages } = await agent.invoke({ messages: [...ask, new AIMessage("7"), new HumanMessage("Sure?")] });
    expect(lastTool(messages)?.text).toBe(
      JSON.stringify([
        { role: "human", content: "Which number?" },
        { role: "ai", content: "7" },
        { role: "human", content: "Sure?" },
      ]),
    );
    expect(model.calls[0]?.messages[1]?.content).toMatch(/^Question: What was asked\?\n/);
  });

  it("rlmSubAgent() takes files of either format, says what is no text, and leaves out what it is told to", async () => {
    const { created_at, modified_at } = fileOf("");
    const files: Record<string, FileData> = {
      "/a.txt": { content: ["one", "two"], created_at, modified_at },
      "/b.png": { content: new Uint8Array(3), mimeType: "image/png", created_at, modified_at },
      "/secret/c.txt": fileOf("three"),
    };
    const { agent } = agentOf("FINAL(files)", { files: (path) => !path.startsWith("/secret/") });
    const { messages } = await agent.invoke({ messages: ask, files });
    expect(JSON.parse(lastTool(messages)?.text ?? "")).toEqual({
      "/a.txt": "one\ntwo",
      "/b.png": "(no text: image/png, 3 bytes)",
    });
  });

  it("rlmSubAgent() makes a context of a task that is a long text itself", async () => {
    const long = `Which number? ${big.slice(-90_000)}`;
    const { agent, model } = agentOf("FINAL(task.length + find('needle').hits.length)", {}, [task(long), "done"]);
    const { messages } = await agent.invoke({ messages: ask });
    expect(lastTool(messages)?.text).toBe(String(long.length + 1));
    expect(model.calls[0]?.messages[1]?.content.length).toBeLessThan(10_000);
  });

  it("rlmSubAgent() reads and writes files where the agent keeps them", async () => {
    writeFileSync(join(folder, "a.txt"), "on disk");
    const code = "FINAL((files['/a.txt'] + ' ').repeat(5_000))";
    const onDisk = agentOf(code, { backend: new FilesystemBackend({ rootDir: folder, virtualMode: true }) });
    const disk = await onDisk.agent.invoke({ messages: ask });
    const [, path = ""] = /in the file (\S+)\./.exec(lastTool(disk.messages)?.text ?? "") ?? [];
    expect(readFileSync(join(folder, path), "utf8")).toBe("on disk ".repeat(5_000));
    expect(disk.files).toEqual({});
    const inState = agentOf(code, { backend: new StateBackend() });
    const { files = {} } = await inState.agent.invoke({ messages: ask, files: { "/a.txt": fileOf("in state") } });
    expect(Object.values(files).map(({ content }) => content.slice(0, 20))).toEqual([
      "in state",
      "in state in state in",
    ]);
  });

  it("rlmSubAgent() has the evidence of an answer in its report, by the file that it stands in", async () => {
    const quote = "The valve was closed at noon";
    const evidence = [
      { claim: "Closed.", quote: "The valve  was closed at noon" },
      { claim: "Rain.", quote: "It rained all day." },
    ];
    const model = scriptedModel([JSON.stringify({ answer: "noon", evidence })]);
    const { runnable } = rlmSubAgent({ rlm: createRlm({ model, sandbox, cite: true }) });
    const report = `Report of 1904.\n${quote}.\n`;
    const files = { "/a.txt": fileOf("Nothing of note."), "/report.txt": fileOf(report) };
    const { messages } = await runnable.invoke({ messages: ask, files });
    expect(messages.at(-1)).toMatchObject({
      text: "noon",
      response_metadata: {
        rlm: {
          status: "direct",
          citations: [{ claim: "Closed.", source: "files", key: "/report.txt", start: 16, end: 44, quote }],
          unverified: evidence.slice(1),
        },
      },
    });
  });

  it("rlmSubAgent() tells the agent what went wrong, and the agent goes on", async () => {
    const fails: Model = () => Promise.reject(new Error("no such model"));
    const chat = new ScriptedChatModel([task("Look."), "done"]);
    const subagents = [rlmSubAgent({ rlm: createRlm({ model: fails, sandbox, limits }) })];
    const { messages } = await createDeepAgent({ model: chat, subagents }).invoke({ messages: ask });
    expect(lastTool(messages)?.text).toMatch(/^No answer: .*no such model/);
    expect(messages.at(-1)?.text).toBe("done");
  });

  it("rlmSubAgent() refuses options that cannot be used", () => {
    const rlm = createRlm({ model: scriptedModel([]), sandbox });
    expect(() => rlmSubAgent({ rlm, description: " " })).toThrow(/options.description/);
    expect(() => rlmSubAgent({ rlm, maxAnswerChars: 10 })).toThrow(/options.maxAnswerChars/);
    expect(() => rlmSubAgent({} as RlmSubAgentOptions)).toThrow(/options.rlm/);
  });
});
