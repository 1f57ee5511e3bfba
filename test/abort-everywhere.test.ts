import { getActiveResourcesInfo } from "node:process";
import { Annotation, END, START, StateGraph, type LangGraphRunnableConfig } from "@langchain/langgraph";
import { createDeepAgent } from "deepagents";
import { createAgent } from "langchain";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isolate, memoryStore, storeContexts, type ContextRef, type Model } from "rlm-core";
import { rlmSubAgent } from "rlm-deepagents";
import { ChatRlm, createRlm, createRlmGraph, createRlmTool } from "rlm-langgraph";
import { deepTask, fileOf } from "./deep-agent.ts";
import { childPids, repl } from "./scenario.ts";
import { ScriptedChatModel } from "./scripted-chat-model.ts";

const context = "word ".repeat(20_000);
const timers = (): number => getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

/** The root asks thirty sub-models, none of which answers, and its code goes on in an endless loop. */
function busy() {
  const allAsked = Promise.withResolvers<void>();
  let asked = 0;
  const stopped: unknown[] = [];
  const model: Model = async (_, { purpose, signal }) => {
    if (purpose === "root")
      return {
        text: repl(
          "const all = Array.from({ length: 30 }, (_, n) => llm_query('part ' + n)); await llm_query('go'); for (;;);",
        ),
      };
    if (++asked === 31) allAsked.resolve();
    // One answer comes, so that the code goes on while the others are in flight.
    if (asked === 31) return { text: "go" };
    return await new Promise((_resolve, reject) =>
      signal.addEventListener("abort", () => {
        stopped.push(signal.reason);
        reject(signal.reason);
      }),
    );
  };
  return { model, stopped, allAsked: allAsked.promise };
}

const Outer = Annotation.Root({
  query: Annotation<string>,
  context: Annotation<ContextRef[]>,
  answer: Annotation<unknown>,
});

type Stop = { signal: AbortSignal } | { timeout: number };

type Start = (model: Model, sandbox: ReturnType<typeof isolate>, stop: Stop) => Promise<unknown>;

const limits = { concurrency: 40, computeMs: 60_000, directBelow: 0 };

const forms: Record<string, Start> = {
  "the Runnable": async (model, sandbox, stop) =>
    await createRlm({ model, sandbox, limits }).invoke({ query: "q", context }, stop),
  "a deep agent whose sub-agent it is": async (model, sandbox, stop) => {
    const chat = new ScriptedChatModel([deepTask("q"), "done"]);
    const subagents = [rlmSubAgent({ rlm: createRlm({ model, sandbox, limits }) })];
    const given = { messages: [{ role: "user", content: "q" }], files: { "/a.txt": fileOf(context) } };
    return await createDeepAgent({ model: chat, subagents }).invoke(given, stop);
  },
  "a graph around the Runnable": async (model, sandbox, stop) => {
    const rlm = createRlm({ model, sandbox, limits });
    const ask = async ({ query }: typeof Outer.State, config: LangGraphRunnableConfig) => ({
      answer: (await rlm.invoke({ query, context }, config)).answer,
    });
    return await outer(ask).invoke({ query: "q" }, stop);
  },
  "a graph around the graph": async (model, sandbox, stop) => {
    const store = memoryStore();
    const given = { query: "q", context: await storeContexts(context, store) };
    return await outer(createRlmGraph({ model, sandbox, limits, store })).invoke(given, stop);
  },
  "an invocation inside of a node": async (model, sandbox, stop) => {
    const store = memoryStore();
    const graph = createRlmGraph({ model, sandbox, limits, store });
    const given = { query: "q", context: await storeContexts(context, store) };
    const ask = async (_: unknown, config: LangGraphRunnableConfig) => ({
      answer: (await graph.invoke(given, { ...config, ...stop })).answer,
    });
    return await outer(ask).invoke({ query: "q" });
  },
  "an agent with the tool": async (model, sandbox, stop) => {
    const rlm = createRlm({ model, sandbox, limits });
    const ask = createRlmTool({ rlm, description: "Answers.", sources: { context } });
    const call = { name: "ask_rlm", args: { question: "q", source: "context" }, id: "1" };
    const chat = new ScriptedChatModel([{ tool_calls: [call] }]);
    return await createAgent({ model: chat, tools: [ask] }).invoke(said("q"), stop);
  },
  "an agent whose model it is": async (model, sandbox, stop) =>
    await createAgent({ model: new ChatRlm({ model, sandbox, limits }), tools: [] }).invoke(said(context), stop),
};

const said = (content: string) => ({ messages: [{ role: "user", content }] });

type Asks = (state: typeof Outer.State, config: LangGraphRunnableConfig) => Promise<{ answer: unknown }>;

function outer(ask: Asks | ReturnType<typeof createRlmGraph>) {
  return new StateGraph(Outer).addNode("ask", ask).addEdge(START, "ask").addEdge("ask", END).compile();
}

/** LangChain makes a signal of a timeout, by the platform's clock; here that clock strikes when the test says so. */
function fakeTimeout(): { timeout: number; strike: () => void; made: () => number } {
  const timeout = 3_600_000;
  const clocks: AbortController[] = [];
  const { timeout: real } = AbortSignal;
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    if (ms !== timeout) return real.call(AbortSignal, ms);
    const clock = new AbortController();
    clocks.push(clock);
    return clock.signal;
  });
  const strike = (): void => {
    for (const clock of clocks)
      clock.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  };
  return { timeout, strike, made: () => clocks.length };
}

describe("with thirty sub-calls in flight and code in an endless loop", () => {
  afterEach(() => void vi.restoreAllMocks());

  /** Starts a run, stops it when all is on its way, and sees to it that nothing is left. Gives the name of its error. */
  async function endOf(start: Start, given: Stop, stop: () => void): Promise<unknown> {
    const before = timers();
    const sandbox = isolate({ warm: 0 });
    const { model, stopped, allAsked } = busy();
    const failed = start(model, sandbox, given).then(
      () => "none",
      (error: unknown) => (error as Error).name,
    );
    await allAsked;
    stop();
    const name = await failed;
    await expect.poll(childPids).toEqual([]);
    expect(stopped.length).toBeGreaterThanOrEqual(30);
    await sandbox.close();
    await expect.poll(timers).toBeLessThanOrEqual(before);
    return name;
  }

  for (const [name, start] of Object.entries(forms)) {
    it(`a signal given to ${name} ends all of it: AbortError, no process, no timer`, async () => {
      const stop = new AbortController();
      expect(await endOf(start, { signal: stop.signal }, () => stop.abort())).toBe("AbortError");
    });

    it(`a timeout given to ${name} ends all of it: TimeoutError, no process, no timer`, async () => {
      const { timeout, strike, made } = fakeTimeout();
      expect(await endOf(start, { timeout }, strike)).toBe("TimeoutError");
      expect(made()).toBeGreaterThan(0);
    });
  }
});
