import { HumanMessage, ToolMessage, type BaseMessage } from "@langchain/core/messages";
import { Command, INTERRUPT, isInterrupted, MemorySaver, type Interrupt } from "@langchain/langgraph";
import { tool } from "@langchain/core/tools";
import { BaseTracer, type Run } from "@langchain/core/tracers/base";
import { createDeepAgent } from "deepagents";
import { afterAll, describe, expect, it, vi } from "vitest";
import { isolate, memoryStore, type Model, type RlmEvent, type Usage } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { rlmSubAgent } from "rlm-deepagents";
import { createRlm, createRlmTool, rlmMiddleware, type ReviewInterrupt } from "rlm-langgraph";
import { deepTask as task, fileOf } from "./deep-agent.ts";
import { repl, ScriptedChatModel } from "./scripted-chat-model.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

const big = `${"a line of text that says nothing\n".repeat(10_000)}the needle is 7`;
const messages = [new HumanMessage("Which number?")];
const files = { "/app.log": fileOf(big) };
const thread = { configurable: { thread_id: "t" } };
const limits = { directBelow: 0 };
const look = [repl("print(1)"), repl("FINAL(await llm_query('which? ' + files['/app.log'].slice(-20)))")];
const lastTool = (all: readonly BaseMessage[]) => all.findLast((message) => ToolMessage.isInstance(message));

describe("a deep agent's RLM", () => {
  it("rlmSubAgent() has code wait for a person at the deep agent's caller, and pays nothing twice when it goes on", async () => {
    const warned = vi.spyOn(console, "warn");
    const checkpointer = new MemorySaver();
    const model = scriptedModel([...look, "seven"]);
    const chat = new ScriptedChatModel([task("Which number?"), "done"]);
    const make = () => {
      const options = { model, sandbox, limits, checkpointer, store, review: ["code"] as const };
      return createDeepAgent({ model: chat, checkpointer, subagents: [rlmSubAgent({ rlm: createRlm(options) })] });
    };
    const store = memoryStore();
    let result: unknown = await make().invoke({ messages, files }, thread);
    const shown: unknown[] = [];
    while (isInterrupted(result)) {
      const [waiting] = (result as { [INTERRUPT]: Interrupt<ReviewInterrupt>[] })[INTERRUPT];
      shown.push(waiting?.value?.requests.map((request) => (request.kind === "code" ? request.code : request.kind)));
      expect(shown.length).toBeLessThan(4);
      // Another agent, as in another process.
      result = await make().invoke(new Command({ resume: true }), thread);
    }
    expect(shown).toEqual([["print(1)"], [expect.stringContaining("await llm_query")]]);
    expect(lastTool((result as { messages: BaseMessage[] }).messages)?.text).toBe("seven");
    expect([model.calls.length, chat.asked.length]).toEqual([3, 2]);
    expect(warned).not.toHaveBeenCalled();
  });

  it("rlmSubAgent() stops the run where the deep agent is aborted", async () => {
    const stop = new AbortController();
    let asked: AbortSignal | undefined;
    const model: Model = async (_messages, { signal }) => {
      asked = signal;
      stop.abort();
      return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    };
    const chat = new ScriptedChatModel([task("Which number?"), "done"]);
    const ended: RlmEvent[] = [];
    const onEvent = (event: RlmEvent) => void (event.type === "run-end" && ended.push(event));
    const subagents = [rlmSubAgent({ rlm: createRlm({ model, sandbox, limits, onEvent }) })];
    const run = createDeepAgent({ model: chat, subagents }).invoke({ messages, files }, { signal: stop.signal });
    await expect(run).rejects.toMatchObject({ name: "AbortError" });
    expect(asked?.aborted).toBe(true);
    await vi.waitFor(() => expect(ended).toMatchObject([{ status: "aborted" }]));
    expect(chat.asked).toHaveLength(1);
  });

  it("rlmSubAgent() has its model calls and its usage told below the deep agent, and no file in what is traced", async () => {
    const traces = new Traces();
    const usage: Usage[] = [];
    const onEvent = (event: RlmEvent) => void (event.type === "run-end" && usage.push(event.usage));
    const rlm = createRlm({ model: new ScriptedChatModel([...look, "seven"]), sandbox, limits, onEvent });
    const chat = new ScriptedChatModel([task("Which number?"), "done"]);
    const agent = createDeepAgent({ model: chat, subagents: [rlmSubAgent({ rlm })] });
    const result = await agent.invoke({ messages, files }, { callbacks: [traces] });
    expect(lastTool(result.messages)?.text).toBe("seven");
    expect(usage).toMatchObject([{ calls: 3, inputTokens: 30, outputTokens: 15 }]);
    // Two calls of the agent's model, three of the RLM's.
    const models = traces.runs.filter(({ run }) => run.run_type === "llm");
    expect(models.map(({ path }) => path.includes(" > task > rlm > "))).toEqual([false, true, true, true, false]);
    const inRlm = traces.runs.filter(({ path }) => path.includes(" > task > rlm"));
    expect(inRlm.map(({ path }) => path).join("\n")).toMatch(/ > task > rlm > execute > llm_query/);
    for (const { run } of inRlm) expect(JSON.stringify([run.inputs, run.outputs]).length).toBeLessThan(30_000);
    const alone = createRlm({ model: scriptedModel([...look, "seven"]), sandbox, limits });
    const report = await rlmSubAgent({ rlm: alone }).runnable.invoke({ messages, files });
    expect(report.messages[0]).toMatchObject({
      text: "seven",
      usage_metadata: { total_tokens: expect.any(Number) as number },
      response_metadata: { rlm: { status: "final", calls: 3 } },
    });
  });

  it("createRlmTool() and rlmMiddleware() work beside rlmSubAgent() in one deep agent", async () => {
    const code = "FINAL(context.length + ' ' + find('needle').hits[0].text.slice(-15))";
    const make = (block: string) =>
      createRlm({ model: scriptedModel([repl("print(1)"), repl(block)]), sandbox, limits, store: memoryStore() });
    const read = tool(() => big, { name: "read", description: "Reads.", schema: { type: "object" } });
    const description = "Answers about the conversation and the log.";
    const sources = {
      log: ({ state }: { state: { files?: typeof files } }) => state.files?.["/app.log"].content ?? "",
    };
    const askLog = createRlmTool({ rlm: make(code), name: "ask_log", description, sources });
    const middleware = [rlmMiddleware({ rlm: make(code), trigger: { chars: 20_000 } })];
    const subagents = [rlmSubAgent({ rlm: make(code.replace("context", "files['/app.log']")) })];
    const call = (name: string, args: object) => ({ tool_calls: [{ name, args: { ...args }, id: name }] });
    const chat = new ScriptedChatModel([
      call("read", {}),
      (all) =>
        call("ask_rlm", { question: "Which?", handles: /text_[0-9a-f]{16}/.exec(all.at(-1)?.text ?? "")?.slice(0, 1) }),
      call("ask_log", { question: "Which?", source: "log" }),
      task("Which number?"),
      "done",
    ]);
    const agent = createDeepAgent({ model: chat, tools: [read, askLog], middleware, subagents });
    const result = await agent.invoke({ messages, files });
    const told = result.messages.filter((message) => ToolMessage.isInstance(message)).map(({ text }) => text);
    expect(told[0]).toMatch(/^\[The result of read is kept aside/);
    expect(told.slice(1)).toEqual(Array.from({ length: 3 }, () => `${big.length} the needle is 7`));
    // Kept aside by the middleware, so deepagents had nothing to put into a file.
    expect(Object.keys(result.files ?? {})).toEqual(["/app.log"]);
    expect(Math.max(...chat.asked.map(({ messages: sent }) => JSON.stringify(sent).length))).toBeLessThan(60_000);
  });
});

interface Traced {
  path: string;
  run: Run;
}

class Traces extends BaseTracer {
  name = "traces";
  readonly runs: Traced[] = [];
  protected persistRun(root: Run): Promise<void> {
    this.runs.push(...below(root, ""));
    return Promise.resolve();
  }
}

function below(run: Run, above: string): Traced[] {
  const path = `${above} > ${run.name}`;
  return [{ path, run }, ...run.child_runs.flatMap((child) => below(child, path))];
}
