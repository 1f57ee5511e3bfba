import { RunnableLambda } from "@langchain/core/runnables";
import type { StreamEvent } from "@langchain/core/tracers/log_stream";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { Annotation, END, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { afterAll, describe, expect, it } from "vitest";
import { file, InputError, isolate, type Model } from "rlm-core";
import { createRlm } from "rlm-langgraph";
import { questionOf, repl, ruleModel, turnOf } from "./scenario.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const limits = { directBelow: 0 };
const context = "word ".repeat(2_000);

/** Looks, asks a child at depth 2 or a model at depth 1, and answers with the query and what it was told. */
function echo(name = "echo"): ReturnType<typeof ruleModel> {
  const model = ruleModel((messages, { purpose, depth }) => {
    if (purpose === "sub") return "told";
    const query = questionOf(messages);
    if (query === "fail") throw Object.assign(new Error("no model for this"), { status: 400 });
    if (turnOf(messages) === 1) return repl("print(context.length)");
    const ask = depth === 0 ? "await rlm_query('of the child', context.slice(0, 50))" : "await llm_query('x')";
    return repl(`FINAL(${JSON.stringify(query)} + ' ' + ${ask})`);
  });
  return Object.assign(model, { modelName: name });
}

function open(model: Model = echo()) {
  return createRlm({ model, sandbox, limits: { ...limits, depth: 2 } });
}

describe("an Rlm as a Runnable", () => {
  it("batch() keeps to maxConcurrency, and gives an error in its place with returnExceptions", async () => {
    let [now, most] = [0, 0];
    const rlm = createRlm({
      model: echo(),
      sandbox,
      limits,
      onEvent: ({ type, depth }) => {
        if (depth > 0) return;
        if (type === "run-start") most = Math.max(most, ++now);
        if (type === "run-end") now--;
      },
    });
    const inputs = ["a", "fail", "b", "c", "d"].map((query) => ({ query, context }));
    const results = await rlm.batch(inputs, { maxConcurrency: 2 }, { returnExceptions: true });
    expect(most).toBe(2);
    expect(results.map((result) => (result instanceof Error ? result.message : result.answer))).toEqual([
      "a told",
      expect.stringContaining("no model for this"),
      "b told",
      "c told",
      "d told",
    ]);
    await expect(rlm.batch(inputs.slice(0, 2))).rejects.toThrow("no model for this");
  });

  it("stream() gives each mode at every depth with subgraphs", async () => {
    const stream = await open().stream(
      { query: "a", context },
      { streamMode: ["values", "updates", "messages", "custom"], subgraphs: true },
    );
    const seen = new Set<string>();
    const told: string[] = [];
    for await (const [namespace, mode, chunk] of stream) {
      seen.add(`${mode} ${namespace.length}`);
      if (mode === "messages")
        told.push(`${String(chunk[1]["rlm_depth"])} ${chunk[0].text.split("\n")[1] ?? chunk[0].text}`);
    }
    expect([...seen].toSorted()).toEqual(
      ["custom 0", "custom 1", "messages 0", "messages 1", "updates 0", "updates 1", "values 0", "values 1"].toSorted(),
    );
    expect(told).toEqual([
      "0 print(context.length)",
      expect.stringMatching(/^0 FINAL/),
      "1 print(context.length)",
      expect.stringMatching(/^1 FINAL/),
      "1 told",
    ]);
  });

  it("streamEvents() v2 tells of the runs of every depth, and of the result", async () => {
    const events: StreamEvent[] = [];
    for await (const event of open().streamEvents({ query: "a", context }, { version: "v2" })) events.push(event);
    const of = (kind: string) => events.filter(({ event }) => event === kind);
    expect(of("on_chat_model_end").map(({ metadata }) => metadata["rlm_depth"])).toEqual([0, 0, 1, 1, 1]);
    expect(
      of("on_chain_start")
        .filter(({ name }) => name === "rlm")
        .map(({ metadata }) => metadata["rlm_depth"]),
    ).toEqual([0, 1]);
    expect(of("on_chain_start").some(({ name }) => name === "llm_query")).toBe(true);
    expect(events.at(-1)).toMatchObject({
      event: "on_chain_end",
      name: "rlm",
      data: { output: { answer: "a of the child told" } },
    });
  });

  it("streamEvents() v3 gives values, messages, subgraphs and the output, and abort() stops the run", async () => {
    const run = await open().streamEvents({ query: "a", context }, { version: "v3" });
    const messages: string[] = [];
    const subgraphs: string[] = [];
    await Promise.all([
      (async () => {
        for await (const message of run.messages) messages.push(await message.text);
      })(),
      (async () => {
        for await (const { path } of run.subgraphs) subgraphs.push(path[0]?.split(":")[0] ?? "");
      })(),
    ]);
    expect((await run.output).answer).toBe("a of the child told");
    expect(messages.length).toBeGreaterThan(0);
    expect(subgraphs).toContain("submodel");

    const silent = Promise.withResolvers<AbortSignal>();
    const waits: Model = async (_, { signal }) => {
      silent.resolve(signal);
      return await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    const stopped = await open(waits).streamEvents({ query: "a", context }, { version: "v3" });
    const signal = await silent.promise;
    stopped.abort(new Error("enough"));
    await expect(Promise.resolve(stopped.output)).rejects.toThrow("enough");
    expect(signal.aborted).toBe(true);
  });

  it("withConfig() is an Rlm of the same parts, and holds for each invocation", async () => {
    const tags: (string[] | undefined)[] = [];
    const callbacks = [
      { handleChainStart: (...args: unknown[]) => void (args[7] === "rlm" && tags.push(args[4] as string[])) },
    ];
    const rlm = open();
    const bound = rlm.withConfig({ tags: ["mine"], callbacks, metadata: { team: "a" } });
    const { answer, runId } = await bound.invoke({ query: "a", context });
    expect(answer).toBe("a of the child told");
    expect(tags[0]).toContain("mine");
    expect((await rlm.trajectory(runId)).runs.size).toBe(2);
    const chain = RunnableLambda.from((query: string) => ({ query, context })).pipe(bound.answer);
    expect(await chain.invoke("b")).toBe("b of the child told");
    expect(tags).toHaveLength(4);
  });

  it("withRetry() asks again after an error, not after an abort; withFallbacks() asks another", async () => {
    let failures = 1;
    const inner = echo();
    const shaky = ruleModel(async (messages, options) => {
      if (failures-- > 0) throw Object.assign(new Error("no luck"), { status: 400 });
      return await inner(messages, options);
    });
    const input = { query: "a", context };
    expect((await open(shaky).withRetry({ stopAfterAttempt: 2 }).invoke(input)).answer).toBe("a of the child told");

    let asked = 0;
    const stop = new AbortController();
    const stops = ruleModel(() => {
      asked++;
      stop.abort();
      return new Promise<never>(() => {});
    });
    const stopped = open(stops).withRetry({ stopAfterAttempt: 3 }).invoke(input, { signal: stop.signal });
    await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
    expect(asked).toBe(1);

    const broken = ruleModel(() => Promise.reject(Object.assign(new Error("no luck"), { status: 400 })));
    const both = open(broken).withFallbacks({ fallbacks: [open()] });
    expect((await both.invoke(input)).answer).toBe("a of the child told");
  });

  it("configurable.rlm takes another model and other limits for one invocation, at all depths", async () => {
    const [usual, other, sub] = [echo("usual"), echo("other"), echo("sub")];
    const rlm = open(usual);
    const input = { query: "a", context };
    const changed = { configurable: { rlm: { model: other, subModel: sub, limits: { depth: 1 } } } };
    const { answer, usage } = await rlm.invoke(input, changed);
    expect(answer).toBe("a told");
    expect(Object.keys(usage.byModel)).toEqual(["other", "sub"]);
    expect([usual.calls.length, other.calls.length, sub.calls.length]).toEqual([0, 2, 1]);

    const chat = new FakeListChatModel({ responses: [repl("print(1)"), repl("FINAL('by chat')")] });
    expect((await rlm.withConfig({ configurable: { rlm: { model: chat } } }).invoke(input)).answer).toBe("by chat");
    expect((await rlm.invoke(input)).answer).toBe("a of the child told");

    for (const [given, words] of [
      [{ turns: 3 }, /^Unknown configurable.rlm.turns: expected one of model, subModel, limits/],
      [{ limits: { turns: 0 } }, /limits.turns/],
      [{ model: {} }, /^Expected options.model to be a chat model/],
      ["gpt-5", /^Expected configurable.rlm to be an object, got "gpt-5"/],
    ] as const) {
      const asked = rlm.invoke(input, { configurable: { rlm: given as never } });
      await expect(asked).rejects.toThrow(words);
      await expect(asked).rejects.toThrow(InputError);
    }
  });

  it("configurable.rlm reaches a node of another graph, and a thread's next run is as the options say", async () => {
    const [usual, other] = [echo("usual"), echo("other")];
    const rlm = createRlm({ model: usual, sandbox, limits, checkpointer: new MemorySaver() });
    const State = Annotation.Root({ query: Annotation<string>, answer: Annotation<string> });
    const graph = new StateGraph(State)
      .addNode("ask", async ({ query }, config) => ({ answer: (await rlm.invoke({ query, context }, config)).answer }))
      .addEdge(START, "ask")
      .addEdge("ask", END)
      .compile();
    const thread_id = "t";
    const config = { configurable: { thread_id, rlm: { model: other, limits: { turns: 1 } } } };
    await graph.invoke({ query: "a" }, config);
    expect([usual.calls.length, other.calls.length > 0]).toEqual([0, true]);
    await graph.invoke({ query: "b" }, { configurable: { thread_id } });
    expect(usual.calls.length).toBeGreaterThan(1);
    await rlm.close();
  });

  it("invoke() takes a file as context", async () => {
    const path = new URL("./scenario.ts", import.meta.url).pathname;
    expect((await open().invoke({ query: "a", context: file(path) })).answer).toBe("a of the child told");
  });
});
