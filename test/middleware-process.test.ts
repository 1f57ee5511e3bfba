import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, INTERRUPT } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { isolate } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { createRlm, createRlmTool } from "rlm-langgraph";
import { sqlite } from "rlm-langgraph/sqlite";
import { repl, ScriptedChatModel } from "./scripted-chat-model.ts";
import { startProgram } from "./start-program.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

let file: string;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "rlm-agent-"));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  file = join(folder, "runs.sqlite");
});

/** What the last tool of an agent said that ran in a process of its own. */
async function inProcess(thread: string, action: string, handle = ""): Promise<string> {
  const { lines, ended } = startProgram("test/middleware-process.ts", [file, thread, action, handle]);
  if ((await ended) !== 0) throw new Error(lines.join("\n"));
  return JSON.parse(lines.at(-1) ?? "null") as string;
}

describe("an agent over a SQLite file", () => {
  it("rlmMiddleware() knows a handle in another process, of its own thread alone", async () => {
    const note = await inProcess("one", "read");
    const [handle = ""] = /text_[0-9a-f]{16}/.exec(note) ?? [];
    expect(note.length).toBeLessThan(2_000);
    expect(await inProcess("one", "ask", handle)).toContain("the needle is 7");
    expect(await inProcess("two", "ask", handle)).toMatch(/this conversation has no such handle/);
  });

  it("createRlmTool() has a person's answer in another process go on with its run, which pays nothing twice", async () => {
    const call = { name: "ask_rlm", args: { question: "q", source: "log" }, id: "1" };
    const thread = { configurable: { thread_id: "one" } };
    const model = scriptedModel([repl("print(context.length)"), repl("FINAL(String(context.length))")]);
    /** Everything new but the model, which counts. */
    const agentAnew = async () => {
      const { store, checkpointer, close } = await sqlite(file);
      const options = { model, sandbox, store, checkpointer, review: ["answer"] as const };
      const rlm = createRlm({ ...options, limits: { directBelow: 0 } });
      const ask = createRlmTool({ rlm, description: "Answers.", sources: { log: "line\n".repeat(20_000) } });
      const chat = new ScriptedChatModel([
        (messages) => (messages.at(-1)?.type === "tool" ? "done" : { tool_calls: [call] }),
      ]);
      const agent = createAgent({ model: chat, tools: [ask], checkpointer });
      return { agent, end: async () => (await rlm.close(), await close()) };
    };
    const first = await agentAnew();
    const asked = await first.agent.invoke({ messages: [{ role: "user", content: "ask" }] }, thread);
    expect(asked).toHaveProperty([INTERRUPT, 0, "value", "requests", 0, "kind"], "answer");
    await first.end();
    const second = await agentAnew();
    const { messages } = await second.agent.invoke(new Command({ resume: true }), thread);
    await second.end();
    expect(messages.map(({ text }) => text)).toEqual(["ask", "", "100000", "done"]);
    expect(model.calls).toHaveLength(2);
  });
});
