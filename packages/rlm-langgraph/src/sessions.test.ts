import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemorySaver } from "@langchain/langgraph";
import {
  file,
  isolate,
  memoryStore,
  named,
  storeContexts,
  type ChatMessage,
  type ContextInput,
  type Model,
  type RlmEvent,
  type Sandbox,
  type SessionOptions,
} from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { afterAll, describe, expect, it } from "vitest";
import { createRlm } from "./create-rlm.ts";
import { createRlmGraph } from "./create-rlm-graph.ts";

const inner = isolate({ warm: 0 });
const folder = mkdtempSync(join(tmpdir(), "rlm-sessions-"));
afterAll(async () => {
  await inner.close();
  rmSync(folder, { recursive: true });
});

const limits = { directBelow: 0 };
const thread = { configurable: { thread_id: "t" } };

/** Answers each question by its own blocks of code, the question being the code itself: one block a line. */
function codeModel() {
  const asked: ChatMessage[][] = [];
  const model: Model = async (messages, { purpose }) => {
    if (purpose === "sub") return reply(`<${messages[0]?.content}>`);
    asked.push([...messages]);
    const question = /^Question: (.*)$/ms.exec(messages[1]?.content ?? "")?.[1]?.split("\n\n")[0] ?? "";
    const turn = messages.filter(({ role }) => role === "assistant").length;
    const code = question.split("\n")[turn] ?? "FINAL('no more code')";
    if (code === "fail") throw new Error("no model today");
    return reply(`\`\`\`repl\n${code}\n\`\`\``);
  };
  return { model, asked };
}

function reply(text: string) {
  return { text, usage: { inputTokens: 1, outputTokens: 1 } };
}

/** The sandbox, and with what its sessions were opened. */
function watched(): { sandbox: Sandbox; opened: SessionOptions[] } {
  const opened: SessionOptions[] = [];
  const open: Sandbox["open"] = async (options) => {
    opened.push(options);
    return await inner.open(options);
  };
  return { sandbox: { v8: inner.v8, open, close: async () => {} }, opened };
}

function childPids(): string[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  return children.split(" ").filter((pid) => pid !== "");
}

function setup(more: { liveSessions?: number; onEvent?: (event: RlmEvent) => void } = {}) {
  const { model, asked } = codeModel();
  const { sandbox, opened } = watched();
  const options = { model, sandbox, limits, store: memoryStore(), checkpointer: new MemorySaver(), ...more };
  return { rlm: createRlm(options), options, asked, opened };
}

describe("a second rlm.invoke() on a thread", () => {
  it("rlm.invoke() without a context goes on with the variables in the process that is there", async () => {
    const { rlm, asked, opened } = setup();
    const first = await rlm.invoke(
      { query: "const kept = [context.toUpperCase()]; print(kept)\nFINAL(kept[0])", context: "one" },
      thread,
    );
    const processes = childPids();
    const second = await rlm.invoke({ query: "print(1)\nkept.push(context, context_0); FINAL(kept)" }, thread);
    expect([first.answer, second.answer]).toEqual(["ONE", '["ONE","one","one"]']);
    expect([first.runId === second.runId, second.usage.calls, opened.length]).toEqual([false, 2, 1]);
    expect([processes.length, childPids()]).toEqual([1, processes]);
    const shown = asked[2]?.[1]?.content;
    expect(shown).toContain("kept: array, 1 element");
    expect(shown).toContain("- const kept = [context.toUpperCase()]");
    expect(shown).toMatch(/The answer to the newest of them began:\n<answer-\w+>\nONE\n/);
    const third = await rlm.invoke({ query: "print(1)\nFINAL(kept.length)" }, thread);
    expect([third.answer, opened.length]).toEqual(["3", 1]);
    const trajectory = await rlm.trajectory(third.runId);
    expect([trajectory.complete, [...trajectory.runs.keys()]]).toEqual([true, [third.runId]]);
    const [replayed] = await replayTrajectory(trajectory, { context: "one", sandbox: inner });
    expect(replayed?.variables.map(({ name, size }) => [name, size])).toEqual([["kept", "3 elements"]]);
    await rlm.close();
    const fourth = await rlm.invoke({ query: "print(1)\nFINAL(kept.length)" }, thread);
    expect([fourth.answer, opened.length, fourth.usage.calls]).toEqual(["3", 2, 2]);
    await rlm.close();
  });

  it("rlm.invoke() tells of variables that take most of the memory", async () => {
    const { options, asked } = setup();
    const rlm = createRlm({ ...options, limits: { ...limits, heapMb: 64 } });
    const fill = "const rows = Array.from({ length: 700_000 }, (_, at) => ({ at })); print(1)\nFINAL(rows.length)";
    await rlm.invoke({ query: fill, context: "one" }, thread);
    const second = await rlm.invoke({ query: "print(1)\nFINAL(rows.at(-1).at)" }, thread);
    expect(second.answer).toBe("699999");
    expect(asked[2]?.[1]?.content).toMatch(/<variables-\w+>\nrows: array, 700,000 elements\n<\/variables-/);
    await rlm.close();
  });

  it("rlm.invoke() with another context has it as context, and all of them by number", async () => {
    const { rlm, opened } = setup();
    const path = join(folder, "log.txt");
    writeFileSync(path, "a line\nanother line\n");
    const look = "[context, context_0, typeof context_1, find('line').total]";
    const ask = async (query: string, context?: ContextInput) =>
      await rlm.invoke({ query: `print(1)\nFINAL(${query})`, ...(context !== undefined && { context }) }, thread);
    const answers = [
      await ask("context", "first line"),
      await ask(look),
      await ask("[context.a, context_0, context_2.a, typeof context_1]", { a: 1 }),
      await ask(
        "[logs.length, context === logs, context_0, context_2.a, context_3.length]",
        named({ logs: file(path) }),
      ),
      await ask(
        "[chat, rules[0], Object.keys(context).join(), logs.length, logs_3.length, chat_4, context_4.chat]",
        named({ chat: "hi", rules: ["r"] }),
      ),
      // What is there already is not new.
      await ask("[chat, typeof chat_5, context.chat]", named({ chat: "hi", rules: ["r"] })),
    ];
    expect(answers.map(({ answer }) => answer)).toEqual([
      "first line",
      '["first line","first line","undefined",1]',
      '[1,"first line",1,"undefined"]',
      '[20,true,"first line",1,20]',
      '["hi","r","chat,rules",20,20,"hi","hi"]',
      '["hi","undefined","hi"]',
    ]);
    expect(opened.map(({ contexts }) => contexts.length)).toEqual([1, 2, 3, 5]);
    const trajectory = await rlm.trajectory(answers[5]?.runId ?? "");
    const earlier = ["first line", { a: 1 }, named({ logs: file(path) })];
    const context = named({ chat: "hi", rules: ["r"] });
    expect(await replayTrajectory(trajectory, { context, earlier, sandbox: inner })).toHaveLength(1);
    await rlm.close();
  });

  it("rlm.invoke() tells contexts of one name apart that are read from files, and hands each on by reference", async () => {
    const { rlm, opened } = setup();
    const [first, second] = ["first", "second"].map((name) => join(folder, `${name}.jsonl`)) as [string, string];
    writeFileSync(first, '{"id":"f1"}\n{"id":"f2"}\n');
    writeFileSync(second, '{"id":"s1"}\n');
    const rows = (path: string) => file(path, { format: "jsonl" });
    await rlm.invoke({ query: "const seen = context[1].id; print(seen)\nFINAL(seen)", context: rows(first) }, thread);
    const code = "const [a, b] = [await rlm_query('q', context), await rlm_query('q', context_0)]; print(a.length)";
    const query = `${code}\nFINAL([seen, context[0].id, context_0[1].id, context_0.length, a.includes('s1'), b.includes('f2'), context === context_1])`;
    const { answer, runId } = await rlm.invoke({ query, context: rows(second) }, thread);
    expect(answer).toBe('["f2","s1","f2",2,true,true,true]');
    await rlm.close();
    const third = await rlm.invoke({ query: "print(1)\nFINAL([context_0[0].id, context[0].id])" }, thread);
    expect([third.answer, opened.length]).toEqual(['["f1","s1"]', 3]);
    const given = { context: rows(second), earlier: [rows(first)], sandbox: inner };
    await replayTrajectory(await rlm.trajectory(runId), given);
    await rlm.close();
  });

  it("rlm.invoke() after a run that failed or was aborted finds the last whole block", async () => {
    const stop: { now?: AbortController } = {};
    const { rlm, opened } = setup({
      onEvent: (event) => {
        if (event.type === "query-end" && event.id === 1) stop.now?.abort(new Error("enough"));
      },
    });
    const failing = "let n = 1; print(n)\nn = 2; print(n)\nfail";
    await expect(rlm.invoke({ query: failing, context: "x" }, thread)).rejects.toThrow("no model today");
    const after = await rlm.invoke({ query: "print(n)\nn += 1; FINAL(n)" }, thread);
    expect([after.answer, after.usage.calls]).toEqual(["3", 2]);
    stop.now = new AbortController();
    const query = "n = 10; print(n)\nn = 20; const a = await llm_query('a'); n = 30; const b = await llm_query('b')";
    await expect(rlm.invoke({ query }, { ...thread, signal: stop.now.signal })).rejects.toThrow("enough");
    delete stop.now;
    const last = await rlm.invoke({ query: "print(1)\nFINAL([n, typeof a])" }, thread);
    expect(last.answer).toBe('[10,"undefined"]');
    expect(opened.length).toBeGreaterThan(2);
    await replayTrajectory(await rlm.trajectory(last.runId), { context: "x", sandbox: inner });
    await rlm.close();
  });

  it("rlm.invoke() from the checkpoint of an earlier run makes a branch with that run's variables", async () => {
    const { rlm, opened } = setup();
    await rlm.invoke({ query: "let n = 1; print(n)\nFINAL(n)", context: "x" }, thread);
    const [end] = await rlm.checkpoints("t");
    if (end === undefined) throw new TypeError("no checkpoint");
    const here = await rlm.invoke({ query: "n += 10; print(n)\nFINAL(n)" }, thread);
    expect([here.answer, opened.length]).toEqual(["11", 1]);
    const branch = await rlm.invoke({ query: "n += 100; print(n)\nFINAL(n)" }, end.config);
    expect([branch.answer, opened.length]).toEqual(["101", 2]);
    const again = await rlm.invoke({ query: "print(1)\nFINAL(n)" }, thread);
    expect(again.answer).toBe("101");
    await rlm.close();
  });

  it("rlm.fork() of a further run asks another question with the variables that were there", async () => {
    const { rlm } = setup();
    await rlm.invoke({ query: "let n = 1; print(n)\nFINAL(n)", context: "x" }, thread);
    const second = await rlm.invoke({ query: "n += 10; print(n)\nFINAL(n)" }, thread);
    const places = await rlm.checkpoints("t");
    const place = places.find(({ runId, turn, next }) => runId === second.runId && turn === 0 && next === "generate");
    if (place === undefined) throw new TypeError("no checkpoint");
    await expect(rlm.fork(place.config, { code: "1" })).rejects.toThrow("there is no reply at this checkpoint yet");
    const forked = await rlm.invoke(null, await rlm.fork(place.config, { query: "n += 5; print(n)\nFINAL(n)" }));
    expect(forked.answer).toBe("6");
    await replayTrajectory(await rlm.trajectory(forked.runId), { context: "x", sandbox: inner });
    const next = await rlm.invoke({ query: "print(1)\nFINAL([n, context])" }, thread);
    expect(next.answer).toBe('[6,"x"]');
    await rlm.close();
  });

  it("rlm.invoke() on ten threads keeps three processes, and replays what the others did", async () => {
    const { rlm, options, opened } = setup({ liveSessions: 3 });
    const threads = Array.from({ length: 10 }, (_, at) => ({ configurable: { thread_id: `t${at}` } }));
    for (const [at, config] of threads.entries())
      await rlm.invoke({ query: `let mine = ${at}; print(mine)\nFINAL(mine)`, context: `text ${at}` }, config);
    const again = async (at: number): Promise<unknown> =>
      (await rlm.invoke({ query: "mine += 0.5; print(mine)\nFINAL([mine, context])" }, threads[at])).answer;
    expect(opened).toHaveLength(10);
    for (const at of [9, 8, 7]) expect(await again(at)).toBe(`[${at}.5,"text ${at}"]`);
    expect(opened).toHaveLength(10);
    for (const at of [0, 1]) expect(await again(at)).toBe(`[${at}.5,"text ${at}"]`);
    expect(opened.slice(10).map(({ history }) => history?.filter(({ type }) => type === "block").length)).toEqual([
      2, 2,
    ]);
    const other = createRlm({ ...options, liveSessions: 0 });
    expect((await other.invoke({ query: "print(1)\nFINAL([mine, context])" }, threads[1])).answer).toBe(
      '[1.5,"text 1"]',
    );
    await rlm.close();
  });

  it("rlm.invoke() of another object may ask for answers of another form", async () => {
    const { rlm, options, opened } = setup();
    await rlm.invoke({ query: "const kept = [1]; print(kept)\nFINAL('text')", context: "x" }, thread);
    const shaped = createRlm({ ...options, responseFormat: { type: "array" } });
    const second = await shaped.invoke({ query: "print(1)\nFINAL('text')\nFINAL(kept)" }, thread);
    expect(second.answer).toEqual([1]);
    const third = await createRlm({ ...options, liveSessions: 0 }).invoke({ query: "print(1)\nFINAL('t')" }, thread);
    expect([third.answer, opened.length]).toEqual(["t", 3]);
    for (const { runId } of [second, third])
      await replayTrajectory(await rlm.trajectory(runId), { context: "x", sandbox: inner });
    await Promise.all([rlm.close(), shaped.close()]);
  });

  it("rlm.invoke() under options that change what the code did says so, and what to do", async () => {
    const { rlm, options } = setup();
    await rlm.invoke({ query: "print('x'.repeat(500))\nFINAL(1)", context: "x" }, thread);
    await rlm.close();
    const other = createRlm({ ...options, limits: { ...limits, outputChars: 300 } });
    const refused = other.invoke({ query: "print(1)\nFINAL(1)" }, thread);
    await expect(refused).rejects.toMatchObject({
      code: "replay",
      message: expect.stringMatching(/another thread.*output/),
    });
    expect((await rlm.invoke({ query: "print(1)\nFINAL(context)" }, thread)).answer).toBe("x");
    await rlm.close();
  });

  it("rlm.invoke() without a context is refused where no run was before", async () => {
    const { rlm, options } = setup();
    await expect(rlm.invoke({ query: "q" }, thread)).rejects.toMatchObject({ code: "bad-input" });
    const plain = createRlm({ model: options.model, sandbox: inner });
    await expect(plain.invoke({ query: "q" }, thread)).rejects.toThrow("without a context");
    expect(() => createRlm({ ...options, liveSessions: -1 })).toThrow("options.liveSessions");
  });

  it("rlm.invoke() of short contexts goes direct until code runs, and tells what was asked", async () => {
    const { model, asked } = codeModel();
    const rlm = createRlm({ model, sandbox: inner, limits: { directBelow: 10 }, checkpointer: new MemorySaver() });
    const first = await rlm.invoke({ query: "who?", context: "short" }, thread);
    const second = await rlm.invoke({ query: "and when?", context: "brief" }, thread);
    expect([first.status, second.status]).toEqual(["direct", "direct"]);
    expect(asked[1]?.[1]?.content).toMatch(/context:\n.*\nbrief\n.*context_0:\n.*\nshort\n.*- who\?/s);
    const long = await rlm.invoke(
      { query: "print(1)\nFINAL([context.length, context_1])", context: "x".repeat(90) },
      thread,
    );
    expect([long.status, long.answer]).toEqual(["final", '[90,"brief"]']);
    await rlm.close();
  });
});

describe("a second invocation of createRlmGraph()'s graph on a thread", () => {
  it("createRlmGraph() keeps variables by the graph's own input, and takes over what createRlm() began", async () => {
    const { rlm, options, opened } = setup();
    const graph = createRlmGraph(options);
    const [context] = await storeContexts("graph text", options.store);
    if (context === undefined) throw new TypeError("no context");
    const config = { configurable: { thread_id: "g" } };
    const first = await graph.invoke(
      { query: "const kept = context.length; print(kept)\nFINAL(kept)", context },
      config,
    );
    const second = await graph.invoke({ query: "print(kept)\nFINAL([kept, context, context_0])" }, config);
    expect([first.answer, second.answer]).toEqual(["10", '[10,"graph text","graph text"]']);
    expect([opened.length, first.session.id === second.session.id]).toEqual([1, false]);
    const third = await rlm.invoke({ query: "print(1)\nFINAL(kept)" }, config);
    const fourth = await rlm.graph.invoke({ query: "print(1)\nFINAL(kept + 1)" }, config);
    expect([third.answer, fourth.answer, fourth.session.id === third.runId]).toEqual(["10", "11", false]);
    await rlm.close();
  });
});
