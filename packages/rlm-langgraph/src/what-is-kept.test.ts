import { MemorySaver } from "@langchain/langgraph";
import { isolate, memoryStore, RlmError, storeContexts, type Model, type RunStore } from "rlm-core";
import { afterAll, describe, expect, it } from "vitest";
import { createRlm } from "./create-rlm.ts";
import { createRlmGraph } from "./create-rlm-graph.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const context = "word ".repeat(20_000);
const limits = { directBelow: 0 };
const thread = { configurable: { thread_id: "t" } };
const codes = ["let x = await llm_query('a'); print(x)", "x += await llm_query('b'); print(x)", "FINAL(x)"];

/** A run of three turns with two sub-calls; `before` sees what is asked before it is answered. */
function counting(before: (name: string) => unknown = () => {}) {
  const asked: string[] = [];
  const model: Model = async (messages, { purpose }) => {
    const turn = messages.filter(({ role }) => role === "assistant").length;
    const name = purpose === "sub" ? (messages[0]?.content ?? "") : `${purpose} ${turn + 1}`;
    asked.push(name);
    await before(name);
    const text = purpose === "sub" ? `<${name}>` : purpose === "direct" ? "at once" : repl(codes[turn] ?? "");
    return { text, usage: { inputTokens: 10, outputTokens: 5 } };
  };
  return { model, asked };
}

function repl(code: string): string {
  return `\`\`\`repl\n${code}\n\`\`\``;
}

/** A store that does not take the first entry of a step's log with this part in it, as where the process is killed before. */
function losing(part: string): RunStore {
  const store = memoryStore();
  let lost = false;
  return {
    ...store,
    async append(key, entry) {
      if (!lost && key.includes("/log/") && JSON.stringify(entry).includes(part)) {
        lost = true;
        throw new RlmError("store", "killed");
      }
      await store.append(key, entry);
    },
  };
}

describe("a model call that was answered, and cut off before that was recorded", () => {
  it.each([
    ["reply", "root 2", "llm_query('b')"],
    ["result", "b", '"delivery":2'],
  ])("rlm.invoke(null) asks for the %s again, once, and counts both", async (_, name, part) => {
    const { model, asked } = counting();
    const rlm = createRlm({ model, sandbox, limits, store: losing(part), checkpointer: new MemorySaver() });
    await expect(rlm.invoke({ query: "q", context }, thread)).rejects.toThrow("killed");
    const { answer, usage } = await rlm.invoke(null, thread);
    expect(answer).toBe("<a><b>");
    expect(asked.filter((one) => one === name)).toHaveLength(2);
    expect([new Set(asked).size, asked.length]).toEqual([5, 6]);
    expect([usage.calls, usage.inputTokens, usage.estimated]).toEqual([6, 60, false]);
    await rlm.close();
  });

  it("rlm.invoke(null) asks for a direct answer again", async () => {
    const { model, asked } = counting();
    const store = losing('"direct"');
    const rlm = createRlm({ model, sandbox, store, checkpointer: new MemorySaver() });
    await expect(rlm.invoke({ query: "q", context: "short" }, thread)).rejects.toThrow("killed");
    expect(await rlm.invoke(null, thread)).toMatchObject({ answer: "at once", usage: { calls: 2 } });
    expect(asked).toEqual(["direct 1", "direct 1"]);
  });
});

describe("a thread's run", () => {
  it("rlm.invoke(null) at an earlier checkpoint asks again what came behind it, and leaves the answer that was there", async () => {
    const { model, asked } = counting();
    const rlm = createRlm({ model, sandbox, limits, checkpointer: new MemorySaver() });
    const first = await rlm.invoke({ query: "q", context }, thread);
    const [end, ...places] = await rlm.checkpoints("t");
    const place = places.find(({ turn, next }) => turn === 2 && next === "execute");
    asked.length = 0;
    expect(await rlm.invoke(null, place?.config)).toMatchObject({ answer: first.answer, runId: first.runId });
    expect(asked).toEqual(["b", "root 3"]);
    expect(await rlm.invoke(null, end?.config)).toEqual(first);
    expect(asked).toHaveLength(2);
    await rlm.close();
  });

  it("rlm.invoke(null) at an earlier checkpoint of a run without an answer asks nothing again", async () => {
    let broken = true;
    const { model, asked } = counting((name) => {
      if (broken && name === "root 3") throw new Error("no model today");
    });
    const rlm = createRlm({ model, sandbox, limits, checkpointer: new MemorySaver() });
    await expect(rlm.invoke({ query: "q", context }, thread)).rejects.toThrow("no model today");
    broken = false;
    asked.length = 0;
    const place = (await rlm.checkpoints("t")).find(({ turn, next }) => turn === 1 && next === "execute");
    expect((await rlm.invoke(null, place?.config)).answer).toBe("<a><b>");
    expect(asked).toEqual(["root 3"]);
    await rlm.close();
  });

  it("createRlm() leaves texts and trajectory of it, and the logs of one that was cut off", async () => {
    let broken = true;
    const { model } = counting((name) => {
      if (broken && name === "root 2") throw new Error("no model today");
    });
    const store = memoryStore();
    const rlm = createRlm({ model, sandbox, limits, store, checkpointer: new MemorySaver() });
    await expect(rlm.invoke({ query: "q", context }, thread)).rejects.toThrow("no model today");
    expect((await store.list("")).map(kindOf)).toEqual(expect.arrayContaining(["budget", "log", "trajectory"]));
    broken = false;
    const { runId } = await rlm.invoke(null, thread);
    expect(await store.list("")).toEqual([`${runId}/trajectory`]);
    await rlm.close();
  });

  it("createRlmGraph() deletes no log, and a prefix finds all that are a run's", async () => {
    const { model } = counting();
    const store = memoryStore();
    const graph = createRlmGraph({ model, sandbox, limits, store });
    const { session } = await graph.invoke({ query: "q", context: await storeContexts(context, store) });
    const keys = await store.list(`${session.id}/`);
    expect(new Set(keys.map(kindOf))).toEqual(new Set(["budget", "log"]));
    for (const key of keys) await store.delete(key);
    expect(await store.list("")).toEqual([]);
  });
});

function kindOf(key: string): string | undefined {
  return key.split("/")[1];
}

it("createRlm() saves no checkpoint before the trajectory has what it refers to", async () => {
  const { model } = counting();
  const store = memoryStore();
  let open = 0;
  const slow: RunStore = {
    ...store,
    async append(key, entry) {
      if (!key.endsWith("/trajectory")) return await store.append(key, entry);
      open++;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      await store.append(key, entry);
      open--;
    },
  };
  const openAt: number[] = [];
  class Watched extends MemorySaver {
    override put: MemorySaver["put"] = async (...args) => {
      openAt.push(open);
      return await super.put(...args);
    };
  }
  const rlm = createRlm({ model, sandbox, limits, store: slow, checkpointer: new Watched() });
  await rlm.invoke({ query: "q", context }, thread);
  expect(openAt).toEqual(Array.from({ length: 9 }, () => 0));
  await rlm.close();
});

describe("a thread that cannot be gone on with", () => {
  it("rlm.invoke(null) says that updateState() left no next step, and rlm.fork() goes on from there", async () => {
    const { model } = counting();
    const rlm = createRlm({ model, sandbox, limits, checkpointer: new MemorySaver() });
    const first = await rlm.invoke({ query: "q", context }, thread);
    const place = (await rlm.checkpoints("t")).find(({ turn, next }) => turn === 2 && next === "execute");
    await rlm.graph.updateState(place?.config ?? {}, { query: "another" });
    await expect(rlm.invoke(null, thread)).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringMatching(/neither an answer nor a next step.*rlm.fork/),
    });
    const forked = await rlm.invoke(null, await rlm.fork(thread));
    expect([forked.answer, forked.runId === first.runId]).toEqual(["<a><b>", false]);
    await rlm.close();
  });

  it("rlm.invoke(null) refuses a run that this object is running", async () => {
    const gate = Promise.withResolvers<void>();
    let broken = true;
    const { model, asked } = counting((name) => {
      if (name !== "root 2") return undefined;
      if (broken) throw new Error("no model today");
      return gate.promise;
    });
    const rlm = createRlm({ model, sandbox, limits, checkpointer: new MemorySaver() });
    await expect(rlm.invoke({ query: "q", context }, thread)).rejects.toThrow("no model today");
    broken = false;
    const one = rlm.invoke(null, thread);
    await expect.poll(() => asked.at(-1)).toBe("root 2");
    await expect(rlm.invoke(null, thread)).rejects.toThrow(/it is running in this process already/);
    gate.resolve();
    expect((await one).answer).toBe("<a><b>");
    await rlm.close();
  });
});
