import { MemorySaver } from "@langchain/langgraph";
import { isolate, InputError, memoryStore, type ChatMessage, type Model, type ModelOptions } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { afterAll, describe, expect, it } from "vitest";
import { createRlm } from "./create-rlm.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const context = "word ".repeat(20_000);
const repl = (code: string): string => `\`\`\`repl\n${code}\n\`\`\``;
const thread = { configurable: { thread_id: "t" } };
const turnOf = (messages: readonly ChatMessage[]): number =>
  messages.filter(({ role }) => role === "assistant").length + 1;

/** A model that answers by a rule, and keeps what it gave. */
function ruled(answer: (messages: ChatMessage[], options: ModelOptions) => string) {
  const given: string[] = [];
  const model: Model = async (messages, options) => {
    const text = answer(messages, options);
    given.push(options.purpose === "sub" ? `sub ${messages[0]?.content}` : `${options.depth}.${turnOf(messages)}`);
    return { text, usage: { inputTokens: 1, outputTokens: 1 } };
  };
  return { model, given };
}

describe("rlm.invoke(null)", () => {
  it("rlm.invoke(null) goes on after an error at any depth, asks nothing recorded again, and its trajectory replays", async () => {
    const broken = new Set(["sub two", "1.2", "0.2"]);
    const codes: Record<string, string> = {
      "0.1": "const one = await llm_query('one'); const two = await llm_query('two'); print(one, two)",
      "0.2": "const child = await rlm_query('c', context.slice(0, 50)); print(child)",
      "0.3": "FINAL([one, two, child].join())",
      "1.1": "const inner = await llm_query('inner'); print(inner)",
      "1.2": "FINAL(inner)",
    };
    const stop: { now?: AbortController } = {};
    const { model, given } = ruled((messages, { purpose, depth }) => {
      const name = purpose === "sub" ? `sub ${messages[0]?.content}` : `${depth}.${turnOf(messages)}`;
      if (broken.delete(name)) {
        stop.now?.abort(new Error(`cut off at ${name}`));
        throw new Error("cut off");
      }
      return purpose === "sub" ? `<${messages[0]?.content}>` : repl(codes[name] ?? "");
    });
    const rlm = createRlm({
      model,
      sandbox,
      limits: { depth: 2, directBelow: 0 },
      checkpointer: new MemorySaver(),
    });
    let input: { query: string; context: string } | null = { query: "q", context };
    for (const where of ["sub two", "0.2", "1.2"]) {
      stop.now = new AbortController();
      await expect(rlm.invoke(input, { ...thread, signal: stop.now.signal })).rejects.toThrow(`cut off at ${where}`);
      input = null;
    }
    delete stop.now;
    const { answer, usage, runId } = await rlm.invoke(null, thread);
    expect(answer).toBe("<one>,<two>,<inner>");
    expect(given).toEqual(["0.1", "sub one", "sub two", "0.2", "1.1", "sub inner", "1.2", "0.3"]);
    // Three more were in flight when they were cut off.
    expect([usage.calls, usage.estimated]).toEqual([11, true]);
    const trajectory = await rlm.trajectory(runId);
    expect([trajectory.complete, trajectory.runs.size]).toEqual([true, 2]);
    expect(await replayTrajectory(trajectory, { context, sandbox })).toHaveLength(2);
    // A run that has ended gives what is recorded.
    expect((await rlm.invoke(null, thread)).answer).toBe(answer);
    expect(given).toHaveLength(8);
  });

  it("rlm.invoke(null) says what is missing where there is nothing to resume", async () => {
    const { model } = ruled(() => "");
    await expect(createRlm({ model, sandbox }).invoke(null, thread)).rejects.toThrow("there is no checkpointer");
    const rlm = createRlm({ model, sandbox, checkpointer: new MemorySaver() });
    await expect(rlm.invoke(null)).rejects.toThrow("thread_id");
    await expect(rlm.invoke(null, thread)).rejects.toThrow(InputError);
    await expect(rlm.invoke(null, thread)).rejects.toThrow('thread "t" holds no run');
  });
});

describe("rlm.invoke() where no run may be", () => {
  const unknown = "1f0f0000-0000-6000-8000-000000000000";
  it("rlm.invoke() with a question at a checkpoint that is not there says so, and the thread goes on", async () => {
    const { model } = ruled((messages) => (turnOf(messages) === 1 ? repl("print(1)") : repl("FINAL('done')")));
    const rlm = createRlm({ model, sandbox, limits: { directBelow: 0 }, checkpointer: new MemorySaver() });
    await rlm.invoke({ query: "q", context }, thread);
    const places = await rlm.checkpoints("t");
    const nowhere = { configurable: { thread_id: "t", checkpoint_id: unknown } };
    await expect(rlm.invoke({ query: "r" }, nowhere)).rejects.toThrow(`Cannot begin: thread "t" has no checkpoint`);
    expect(await rlm.checkpoints("t")).toEqual(places);
    expect((await rlm.invoke({ query: "r" }, thread)).answer).toBe("done");
  });

  it.each([
    [{}, "Cannot begin: expected config.configurable.thread_id to name a thread, got undefined"],
    [{ configurable: { thread_id: 7 as unknown as string } }, "got 7"],
    [{ configurable: { thread_id: "t", checkpoint_ns: "submodel:1" } }, "is a place inside of a run"],
  ])("rlm.invoke() with %j says what to name, before anything is stored", async (config, message) => {
    const store = memoryStore();
    const { model } = ruled(() => "");
    const rlm = createRlm({ model, sandbox, store, checkpointer: new MemorySaver() });
    await expect(rlm.invoke({ query: "q", context }, config)).rejects.toThrow(message);
    await expect(rlm.invoke({ query: "q", context }, config)).rejects.toThrow(InputError);
    expect(await store.list("")).toEqual([]);
  });

  it("rlm.invoke() and rlm.fork() refuse a place inside of a run, which is its thread's to go on with", async () => {
    const { model } = ruled(() => "");
    const rlm = createRlm({ model, sandbox, checkpointer: new MemorySaver() });
    const inside = { configurable: { thread_id: "t", checkpoint_ns: "submodel:1" } };
    await expect(rlm.invoke(null, inside)).rejects.toThrow("Cannot resume: config.configurable.checkpoint_ns");
    await expect(rlm.fork(inside, { query: "r" })).rejects.toThrow("Cannot fork: config.configurable.checkpoint_ns");
  });
});

describe("rlm.fork()", () => {
  it("rlm.fork() says what is no change of limits, and how to begin a fork before it is forked", async () => {
    const { model } = ruled((messages) => (turnOf(messages) === 1 ? repl("print(1)") : repl("FINAL('done')")));
    const rlm = createRlm({ model, sandbox, limits: { directBelow: 0 }, checkpointer: new MemorySaver() });
    await rlm.invoke({ query: "q", context }, thread);
    for (const limits of [null, [], 3])
      await expect(rlm.fork(thread, { limits: limits as never })).rejects.toThrow(
        `Expected the change of limits to be an object, got ${JSON.stringify(limits)}`,
      );
    const forked = await rlm.fork(thread, { query: "r" });
    await expect(rlm.fork(forked, { query: "s" })).rejects.toThrow("begin it by rlm.invoke(null, config)");
  });

  it("rlm.fork() with other code gives its own answer, and the first branch still comes to its own", async () => {
    const { model, given } = ruled((messages, { purpose }) => {
      if (purpose === "sub") return `<${messages[0]?.content}>`;
      const turn = turnOf(messages);
      if (turn === 1) return repl("let x = 'A'; print(x)");
      return turn < 5 ? repl(`x += await llm_query('t${turn}'); print(x)`) : repl("FINAL(x)");
    });
    const rlm = createRlm({ model, sandbox, limits: { directBelow: 0 }, checkpointer: new MemorySaver() });
    const first = await rlm.invoke({ query: "q", context }, thread);
    expect(first.answer).toBe("A<t2><t3><t4>");
    const places = await rlm.checkpoints("t");
    const place = places.find(({ turn, next }) => turn === 2 && next === "execute")!;
    const asked = given.length;
    const forked = await rlm.invoke(null, await rlm.fork(place.config, { code: "x += '!'; print(x)" }));
    expect(forked.answer).toBe("A!<t3><t4>");
    expect(forked.runId).not.toBe(first.runId);
    expect(given.slice(asked)).toEqual(["0.3", "sub t3", "0.4", "sub t4", "0.5"]);
    // Two replies before the fork, and what it asked itself.
    expect(forked.usage.calls).toBe(7);
    const trajectory = await rlm.trajectory(forked.runId);
    expect(trajectory.runs.get(forked.runId)?.journal.filter(({ type }) => type === "reply")).toHaveLength(5);
    await replayTrajectory(trajectory, { context, sandbox });
    for (const config of [place.config, places[0]!.config])
      expect(await rlm.invoke(null, config)).toMatchObject({ answer: first.answer, runId: first.runId });
    await expect(rlm.fork(thread, { code: "1", reply: "2" })).rejects.toThrow("give one of them");
  });

  it("rlm.fork() asks another query, with what the code had and the same dice", async () => {
    const { model } = ruled((messages, { purpose }) => {
      if (purpose === "sub") return `<${messages[0]?.content}>`;
      const turn = turnOf(messages);
      if (turn === 1)
        return repl("const dice = Math.random(); const one = await llm_query('dice ' + dice); print(one)");
      const query = /^Question: (.*)$/m.exec(messages[1]?.content ?? "")?.[1];
      return repl(`FINAL('${query}: ' + one + Math.random())`);
    });
    const rlm = createRlm({ model, sandbox, limits: { directBelow: 0 }, checkpointer: new MemorySaver() });
    const first = await rlm.invoke({ query: "first", context }, thread);
    const place = (await rlm.checkpoints("t")).find(({ turn, next }) => turn === 1 && next === "generate")!;
    const forked = await rlm.invoke(null, await rlm.fork(place.config, { query: "second" }));
    expect(forked.answer).toBe(first.answer.replace("first", "second"));
    expect(forked.usage.calls).toBe(3);
    await replayTrajectory(await rlm.trajectory(forked.runId), { context, sandbox });
  });

  it("rlm.fork() with a raised limit goes on where the run had concluded, and counts what was spent", async () => {
    const { model } = ruled((messages, { purpose }) => {
      if (purpose === "conclude") return "the best so far";
      const turn = turnOf(messages);
      return turn < 4 ? repl(`const x${turn} = ${turn}; print(x${turn})`) : repl("FINAL([x1, x2, x3].join())");
    });
    const options = { model, sandbox, checkpointer: new MemorySaver() };
    const rlm = createRlm({ ...options, limits: { directBelow: 0, calls: 3 } });
    const first = await rlm.invoke({ query: "q", context }, thread);
    expect(first).toMatchObject({ answer: "the best so far", status: "concluded", limit: "calls" });
    const forked = await rlm.invoke(null, await rlm.fork(thread, { limits: { calls: 10 } }));
    expect(forked).toMatchObject({ answer: "1,2,3", status: "final" });
    // Three of the first run, two of its own.
    expect(forked.usage.calls).toBe(5);
    expect(
      await rlm.invoke(null, (await rlm.checkpoints("t")).find(({ runId }) => runId === first.runId)!.config),
    ).toEqual(first);
  });

  it("rlm.fork() with a limit that is reached by what was spent before concludes at once", async () => {
    const { model, given } = ruled((messages, { purpose }) => {
      if (purpose === "conclude") return "enough";
      const turn = turnOf(messages);
      return turn < 4 ? repl(`const x${turn} = ${turn}; print(x${turn})`) : repl("FINAL(x3)");
    });
    const rlm = createRlm({ model, sandbox, limits: { directBelow: 0 }, checkpointer: new MemorySaver() });
    await rlm.invoke({ query: "q", context }, thread);
    const place = (await rlm.checkpoints("t")).find(({ turn, next }) => turn === 3 && next === "generate")!;
    const asked = given.length;
    const forked = await rlm.invoke(null, await rlm.fork(place.config, { limits: { calls: 4 } }));
    expect(forked).toMatchObject({ answer: "enough", status: "concluded", limit: "calls" });
    expect(given.length - asked).toBe(1);
  });
});
