import { readFileSync } from "node:fs";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { MemorySaver } from "@langchain/langgraph";
import {
  InputError,
  isolate,
  memoryCache,
  memoryStore,
  storeContexts,
  type ChatMessage,
  type Model,
  type ModelOptions,
} from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createRlm } from "./create-rlm.ts";
import { createRlmGraph } from "./create-rlm-graph.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const context = "word ".repeat(20_000);
const repl = (code: string): string => `\`\`\`repl\n${code}\n\`\`\``;
const limits = { directBelow: 0 };
const free = { inputPerMillion: 0, outputPerMillion: 0 };

/** A model that answers by a rule, and keeps what it was asked for. */
function ruled(answer: (messages: ChatMessage[], options: ModelOptions) => string | Promise<string>) {
  const purposes: string[] = [];
  const model: Model = async (messages, options) => {
    purposes.push(options.purpose);
    return { text: await answer(messages, options), usage: { inputTokens: 1, outputTokens: 1 } };
  };
  return { model, purposes };
}

describe("createRlm()", () => {
  it("createRlm() answers, with a value of the response format where there is one", async () => {
    const model = scriptedModel([repl("print(context.length)"), repl("FINAL({ words: context.length / 5 })")]);
    const rlm = createRlm({ model, sandbox, responseFormat: z.object({ words: z.int() }) });
    const { answer, status, usage } = await rlm.invoke({ query: "How many words?", context });
    expect(answer.words).toBe(20_000);
    expect([status, usage.calls]).toEqual(["final", 2]);
  });

  it("rlm.answer gives the answer alone to the next step of a chain", async () => {
    const model = scriptedModel([repl("print(1)"), repl("FINAL('found')")]);
    const rlm = createRlm({ model, sandbox });
    const chain = RunnableLambda.from((query: string) => ({ query, context }))
      .pipe(rlm.answer)
      .pipe(RunnableLambda.from((answer: string) => answer.toUpperCase()));
    expect(await chain.invoke("q")).toBe("FOUND");
  });

  it("createRlm() answers a short context in one plain call, and concludes at a limit", async () => {
    const direct = createRlm({ model: scriptedModel(["It is short."]), sandbox });
    expect(await direct.invoke({ query: "q", context: "short" })).toMatchObject({
      status: "direct",
      answer: "It is short.",
    });
    const { model } = ruled((_, { purpose }) => (purpose === "conclude" ? "what there is" : repl("print(1)")));
    const limited = createRlm({ model, sandbox, limits: { ...limits, turns: 2 } });
    expect(await limited.invoke({ query: "q", context })).toMatchObject({
      status: "concluded",
      limit: "turns",
      answer: "what there is",
    });
  });

  it("createRlm() says what a refused call would have needed where nothing was gained", async () => {
    const rlm = createRlm({ model: scriptedModel([]), sandbox, limits: { ...limits, tokens: 5_000 } });
    await expect(rlm.invoke({ query: "q", context })).rejects.toThrow(
      /limits.tokens is 5000, spent 0, and the next call may need \d{4,}/,
    );
  });

  it("createRlm() begins a run of its own on a thread that has a finished one", async () => {
    const { model } = ruled((messages) =>
      repl(messages.some(({ role }) => role === "assistant") ? "FINAL(context.slice(0, 3))" : "print(1)"),
    );
    const rlm = createRlm({ model, sandbox, limits, checkpointer: new MemorySaver() });
    const config = { configurable: { thread_id: "t" } };
    const first = await rlm.invoke({ query: "q", context: "one two" }, config);
    const second = await rlm.invoke({ query: "q", context: "two three" }, config);
    expect([first.answer, second.answer]).toEqual(["one", "two"]);
    expect(second.usage.calls).toBe(2);
    expect(second.runId).not.toBe(first.runId);
    await rlm.close();
  });

  it("createRlm() goes on from the checkpoint of a run that failed, and pays nothing twice", async () => {
    let broken = true;
    const { model, purposes } = ruled((messages, { purpose }) => {
      if (purpose === "sub") return "read";
      if (messages.length === 2) return repl("const read = await llm_query('x'); print(read)");
      if (broken) throw new Error("no model today");
      return repl("FINAL(read + ' once')");
    });
    const rlm = createRlm({ model, sandbox, checkpointer: new MemorySaver() });
    const config = { configurable: { thread_id: "t" } };
    await expect(rlm.invoke({ query: "q", context }, config)).rejects.toThrow("no model today");
    broken = false;
    const resumed = await rlm.graph.invoke(null, config);
    expect(resumed.answer).toBe("read once");
    const { runs } = await rlm.trajectory(resumed.session.id);
    expect([...runs.values()].map(({ end }) => end?.status)).toEqual(["final"]);
    expect(purposes.filter((purpose) => purpose === "sub")).toHaveLength(1);
    await rlm.close();
  });

  it("createRlm() frees its sandboxes on success, on error, on abort and when nobody reads the stream", async () => {
    const own = isolate({ warm: 0 });
    const code = "const read = await llm_query('x'); print(read)";
    let subCall: (signal: AbortSignal) => Promise<string> = async () => "read";
    const { model } = ruled(async (messages, { purpose, signal }) => {
      if (purpose === "sub") return await subCall(signal);
      if (messages.length > 2) throw new Error("enough");
      return repl(code);
    });
    const rlm = createRlm({ model, sandbox: own });
    const input = { query: "q", context };

    await expect(rlm.invoke(input)).rejects.toThrow("enough");
    expect(sandboxes()).toEqual([]);

    const stop = new AbortController();
    subCall = async (signal) => {
      queueMicrotask(() => stop.abort(new Error("mine")));
      return await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    await expect(rlm.invoke(input, { signal: stop.signal })).rejects.toThrow("mine");
    expect(sandboxes()).toEqual([]);

    subCall = (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    for await (const event of await rlm.stream(input, { streamMode: "custom" }))
      if (event.type === "query-start") break;
    expect(sandboxes()).toEqual([]);
    await own.close();
  });

  it("createRlm() ends the run with what a listener throws", async () => {
    const rlm = createRlm({
      model: scriptedModel([repl("print(1)")]),
      sandbox,
      onEvent: ({ type }) => {
        if (type === "turn-start") throw new Error("my listener broke");
      },
    });
    await expect(rlm.invoke({ query: "q", context })).rejects.toThrow("my listener broke");
  });

  it("createRlm() ends the run with what a listener throws in several children at once", async () => {
    const code = "await rlm_query_batched([1, 2, 3].map((n) => ({ query: 'c', context: 'n' + n })))";
    const rlm = createRlm({
      model: scriptedModel([], { onMissing: () => repl(code) }),
      sandbox,
      limits: { depth: 2 },
      onEvent: ({ type, depth }) => {
        if (type === "turn-start" && depth === 1) throw new Error("my listener broke");
      },
    });
    await expect(rlm.invoke({ query: "q", context })).rejects.toThrow("my listener broke");
  });

  it("createRlm() answers several at once, each its own", async () => {
    const { model } = ruled((messages) => {
      const query = /Question: (\w+)/.exec(messages[1]?.content ?? "")?.[1];
      return repl(messages.length > 2 ? `FINAL(${JSON.stringify(query)})` : "print(1)");
    });
    const rlm = createRlm({ model, sandbox });
    const queries = ["a", "b", "c", "d"];
    const results = await rlm.batch(
      queries.map((query) => ({ query, context })),
      { maxConcurrency: 2 },
    );
    expect(results.map(({ answer }) => answer)).toEqual(queries);
  });

  it("rlm.trajectory() has the runs of this object, and says where one is not known", async () => {
    const rlm = createRlm({ model: scriptedModel([repl("print(1)"), repl("FINAL('x')")]), sandbox });
    const { runId } = await rlm.invoke({ query: "q", context });
    const { runs, complete } = await rlm.trajectory(runId);
    expect([complete, [...runs.keys()]]).toEqual([true, [runId]]);
    expect(JSON.stringify([...runs])).not.toContain(context.slice(0, 1_000));
    await expect(rlm.trajectory("other")).rejects.toThrow("Cannot read the trajectory of run other");
  });

  it("createRlm() keeps a long query out of the state, and shows it whole to the model", async () => {
    const long = `What is it? ${"Think of this. ".repeat(1_000)}`;
    const model = scriptedModel([repl("print(1)"), repl("FINAL('x')")]);
    const rlm = createRlm({ model, sandbox, checkpointer: new MemorySaver() });
    await rlm.invoke({ query: long, context }, { configurable: { thread_id: "t" } });
    const { values } = await rlm.graph.getState({ configurable: { thread_id: "t" } });
    expect(JSON.stringify(values).length).toBeLessThan(5_000);
    expect(JSON.stringify(model.calls[0]?.messages)).toContain(long.trim());
  });

  it.each([
    [{ query: "", context }, /Expected query to be a question/],
    [{ query: "q", context: "" }, /the text is empty/],
    [{ query: "q", context, more: 1 }, /Unknown input "more"/],
  ])("createRlm() refuses the input %#", async (input, words) => {
    const rlm = createRlm({ model: scriptedModel([]), sandbox });
    await expect(rlm.invoke(input)).rejects.toThrow(words);
  });

  it.each<[object | undefined, RegExp]>([
    [undefined, /^Expected options to be an object with a model, got undefined/],
    [{}, /^Expected options.model to be a chat model of LangChain, the name .*, got undefined/],
    [{ model: {} }, /^Expected options.model to be .*, got an object that is none/],
    [{ subModel: { large: "openai:gpt-5" } }, /^Expected options.subModel.default to be .*, got undefined/],
    [{ subModel: { default: "openai:gpt-5", large: 7 } }, /^Expected options.subModel.large to be .*, got 7/],
    [
      { checkPointer: new MemorySaver() },
      /^Unknown option "checkPointer": expected one of model, .*checkpointer, idleMs, liveSessions$/,
    ],
    [{ signal: AbortSignal.abort() }, /^Unknown option "signal": it belongs to one invocation/],
    [{ idleMs: "5" }, /^Expected options.idleMs to be milliseconds/],
    [{ limits: { turn: 3 } }, /^Unknown limit "turn"/],
    [{ prices: { m: {} } }, /^Expected prices\["m"\]/],
    [{ limits: { costUsd: 1 } }, /^Cannot keep to limits.costUsd: the model "scripted" has no price/],
    [
      { model: "openai:gpt-5", subModel: "openai:mini", limits: { costUsd: 1 }, prices: { "gpt-5": free } },
      /^Cannot keep to limits.costUsd: the model "mini" has no price; give prices: \{ "mini"/,
    ],
    [{ cache: {} }, /^Expected options.cache to be a cache such as memoryCache\(\)/],
    [
      { cache: memoryCache(), subModel: async () => ({ text: "" }) },
      /^Cannot use options.cache: options.subModel has no modelName/,
    ],
    [{ responseFormat: z.date() }, /^Cannot use options.responseFormat: Date cannot be represented/],
    [{ responseFormat: z.string().transform(Number) }, /^Cannot use options.responseFormat: Transforms cannot/],
    [
      { responseFormat: { type: "objekt" } },
      /^Cannot use options.responseFormat: it is no JSON Schema, "type" cannot be "objekt"/,
    ],
  ])("createRlm() refuses options at construction: %#", (given, words) => {
    const rest = given && Object.keys(given).length > 0 ? { model: scriptedModel([]), ...given } : given;
    expect(() => createRlm(rest as never)).toThrow(words);
    expect(() => createRlm(rest as never)).toThrow(InputError);
  });

  it("createRlm() leaves it to the invocation whether a model has a price whose name is not known before it is loaded", () => {
    const chat = new FakeListChatModel({ responses: ["x"] });
    const given = { subModel: "openai:org/m", limits: { costUsd: 1 }, prices: { fake: free, "fake-list": free } };
    expect(() => createRlm({ model: chat, ...given })).not.toThrow();
  });

  it("createRlm() gives a sub-call from the cache in another run, and the run of its trace says so", async () => {
    const ends: unknown[] = [];
    const callbacks = [
      {
        handleChainEnd: (outputs: object) => void ("chars" in outputs && ends.push(outputs)),
      },
    ];
    const { model, purposes } = ruled((messages, { purpose }) => {
      if (purpose === "sub") return "four";
      return repl(messages.length > 2 ? "FINAL(said)" : "const said = await llm_query('2 + 2?'); print(said)");
    });
    const named = Object.assign(model, { modelName: "ruled" });
    const rlm = createRlm({ model: named, sandbox, limits, cache: memoryCache() });
    for (let round = 0; round < 2; round++)
      expect((await rlm.invoke({ query: "q", context }, { callbacks })).answer).toBe("four");
    expect(purposes.filter((purpose) => purpose === "sub")).toHaveLength(1);
    expect(ends).toEqual([
      { ok: true, chars: 4 },
      { ok: true, chars: 4, cached: true },
    ]);
  });

  it("rlm.stream() refuses a mode that does not exist, and names those that do", async () => {
    const rlm = createRlm({ model: scriptedModel([]), sandbox });
    for (const streamMode of ["update", ["updates", "mesages"], "constructor", []] as unknown[]) {
      const asked = rlm.stream({ query: "q", context }, { streamMode: streamMode as "updates" });
      await expect(asked).rejects.toThrow(
        /^Expected streamMode to be one of values, updates, messages, custom, .*, got /,
      );
      await expect(asked).rejects.toThrow(InputError);
    }
  });

  it("createRlm() refuses a checkpointer that outlives the store, at construction", () => {
    class OtherSaver extends MemorySaver {}
    expect(() => createRlm({ model: scriptedModel([]), checkpointer: new OtherSaver() })).not.toThrow();
    const durable = Object.create(Object.getPrototypeOf(Object.getPrototypeOf(new MemorySaver())));
    expect(() => createRlm({ model: scriptedModel([]), checkpointer: durable })).toThrow(/directoryStore/);
  });
});

describe("createRlmGraph()", () => {
  it("createRlmGraph() has the nodes of the design", async () => {
    const graph = createRlmGraph({ model: scriptedModel([]), store: memoryStore(), sandbox });
    const { nodes } = await graph.getGraphAsync();
    expect(Object.keys(nodes).toSorted()).toEqual(
      ["__start__", "__end__", "begin", "conclude", "direct", "execute", "generate", "review", "submodel"].toSorted(),
    );
  });

  it("createRlmGraph() runs on references, and refuses texts", async () => {
    const store = memoryStore();
    const model = scriptedModel([repl("print(1)"), repl("FINAL('x')")]);
    const graph = createRlmGraph({ model, store, sandbox });
    const [ref] = await storeContexts(context, store);
    expect(await graph.invoke({ query: "q", context: ref! })).toMatchObject({ answer: "x" });
    const text: unknown = context;
    await expect(graph.invoke({ query: "q", context: text as never })).rejects.toThrow(
      "got a text of 100000 characters; createRlm() takes texts",
    );
  });

  it("createRlmGraph() needs a store", () => {
    const options: unknown = { model: scriptedModel([]) };
    expect(() => createRlmGraph(options as never)).toThrow(/options.store/);
  });
});

/** Sandbox processes of this program that still run; Linux only. */
function sandboxes(): string[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  return children.split(" ").filter((pid) => pid !== "");
}
