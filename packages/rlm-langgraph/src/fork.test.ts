import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunnableConfig } from "@langchain/core/runnables";
import { Command, isInterrupted, MemorySaver } from "@langchain/langgraph";
import {
  isolate,
  memoryCache,
  memoryStore,
  type ChatMessage,
  type Model,
  type ModelOptions,
  type ReviewPoint,
  type RlmEvent,
} from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { afterAll, describe, expect, it } from "vitest";
import type { RunCheckpoint } from "./checkpoints.ts";
import { createRlm } from "./create-rlm.ts";
import { sqlite } from "./sqlite.ts";

const sandbox = isolate({ warm: 0 });
const folder = mkdtempSync(join(tmpdir(), "rlm-fork-"));
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const context = "word ".repeat(20_000);
const thread = { configurable: { thread_id: "t" } };

/** A model that writes the codes of its question, a turn each; `before` hears what is asked before it is answered. */
function writing(codes: Record<string, readonly string[]>, before: (name: string) => unknown = () => {}) {
  const asked: string[] = [];
  const model: Model = async (messages: ChatMessage[], { purpose }: ModelOptions) => {
    const question = /^Question: (.*)$/m.exec(messages[1]?.content ?? "")?.[1] ?? "";
    const turn = messages.filter(({ role }) => role === "assistant").length;
    const name = purpose === "sub" ? (messages[0]?.content ?? "") : `${question} ${turn + 1}`;
    asked.push(name);
    await before(name);
    const code = codes[question]?.[turn] ?? "FINAL('no more code')";
    const text = purpose === "sub" ? `<${name}>` : purpose === "conclude" ? "enough" : `\`\`\`repl\n${code}\n\`\`\``;
    return { text, usage: { inputTokens: 1, outputTokens: 1 } };
  };
  return { model, asked };
}

describe("rlm.fork() where a limit was raised", () => {
  const codes = { q: ["let x = 'A'; print(x)", "x += 'B'; print(x)", "x += 'C'; print(x)", "FINAL(x)"] };
  const setup = () => {
    const { model, asked } = writing(codes);
    const review: ReviewPoint[] = ["budget"];
    const limits = { directBelow: 0, calls: 3 };
    const options = { model, sandbox, limits, review, store: memoryStore(), checkpointer: new MemorySaver() };
    return { asked, rlm: createRlm(options) };
  };

  it("rlm.fork() behind the raise has it, also when the run has ended, and before it asks anew", async () => {
    const { rlm } = setup();
    expect(await rlm.invoke({ query: "q", context }, thread)).toMatchObject({ status: "interrupted" });
    const first = await rlm.invoke(new Command({ resume: { type: "approve", max: 9 } }), thread);
    expect(first).toMatchObject({ status: "final", answer: "ABC" });
    const places = await rlm.checkpoints("t");
    const behind = places.find(({ turn, next }) => turn === 3 && next === "execute")!;
    const forked = await rlm.invoke(null, await rlm.fork(behind.config, { code: "x += '!'; print(x)" }));
    expect(forked).toMatchObject({ status: "final", answer: "AB!" });
    const before = places.find(({ turn, next }) => turn === 1 && next === "execute")!;
    const other = await rlm.invoke(null, await rlm.fork(before.config, { code: "let x = 'a'; print(x)" }));
    expect(isInterrupted(other)).toBe(true);
    await rlm.close();
  });

  it("rlm.fork() before the raise asks anew, also while the run goes on", async () => {
    const { rlm } = setup();
    await rlm.invoke({ query: "q", context }, thread);
    const stop = new AbortController();
    await expect(
      rlm.invoke(new Command({ resume: { type: "approve", max: 4 } }), { ...thread, signal: stop.signal }),
    ).resolves.toMatchObject({ status: "interrupted" });
    const before = (await rlm.checkpoints("t")).find(({ turn, next }) => turn === 1 && next === "execute")!;
    const other = await rlm.invoke(null, await rlm.fork(before.config, { code: "let x = 'a'; print(x)" }));
    expect(other).toMatchObject({ __interrupt__: [{ value: { requests: [{ kind: "budget", max: 3 }] } }] });
    await rlm.close();
  });
});

describe("rlm.fork() among children", () => {
  const both = "const all = await Promise.allSettled(['c1', 'c2'].map((q) => rlm_query(q, context.slice(0, 9))));";
  const codes = {
    q: [`${both} print(all)`, "FINAL(all.map(({ value }) => value).join())"],
    c1: ["FINAL(await llm_query('s1'))"],
    c2: ["FINAL(await llm_query('s2'))"],
  };

  it("rlm.fork() with a raised limit asks the children that it had refused, and no other", async () => {
    const { model, asked } = writing(codes);
    const limits = { depth: 2, directBelow: 0, calls: 5, concurrency: 1 };
    const rlm = createRlm({ model, sandbox, limits, checkpointer: new MemorySaver() });
    const first = await rlm.invoke({ query: "q", context }, thread);
    expect(first).toMatchObject({ status: "concluded", limit: "calls" });
    // The newest before the code has heard of them.
    const ended = (await rlm.checkpoints("t")).find(({ next, turn }) => next === "execute" && turn === 1)!;
    // Whichever came first was not refused.
    const done = asked.filter((name) => /^s\d$/.test(name));
    expect(done).toHaveLength(1);
    asked.length = 0;
    const forked = await rlm.invoke(null, await rlm.fork(ended.config, { limits: { calls: 30 } }));
    expect(forked).toMatchObject({ status: "final", answer: "<s1>,<s2>" });
    const number = done[0]?.slice(1);
    expect(asked.filter((name) => name === `c${number} 1` || name === `s${number}`)).toEqual([]);
    const trajectory = await rlm.trajectory(forked.runId);
    expect([trajectory.complete, await replayTrajectory(trajectory, { context, sandbox })]).toMatchObject([
      true,
      { length: 3 },
    ]);
    await rlm.close();
  });

  it("rlm.invoke(null) of the branch that was cut off among its children asks none again that has ended", async () => {
    const firstEnded = Promise.withResolvers<void>();
    const stop = new AbortController();
    const { model, asked } = writing(codes, async (name) => {
      if (name !== "s2" || stop.signal.aborted) return;
      await firstEnded.promise;
      stop.abort(new Error("cut off"));
    });
    const limits = { depth: 2, directBelow: 0 };
    const onEvent = ({ type, runId }: RlmEvent): void => {
      if (type === "query-end" && !runId.includes("/")) firstEnded.resolve();
    };
    const rlm = createRlm({ model, sandbox, limits, onEvent, store: memoryStore(), checkpointer: new MemorySaver() });
    await expect(rlm.invoke({ query: "q", context }, { ...thread, signal: stop.signal })).rejects.toThrow("cut off");
    const places = await rlm.checkpoints("t");
    const fork = await rlm.fork(places.at(-1)!.config, { query: "other" });
    expect(await rlm.invoke(null, fork)).toMatchObject({ answer: "no more code" });
    asked.length = 0;
    const first = await rlm.invoke(null, places[0]!.config);
    expect(first).toMatchObject({ answer: "<s1>,<s2>", runId: places[0]!.runId });
    expect(asked.filter((name) => name === "c1 1" || name === "s1")).toEqual([]);
    await replayTrajectory(await rlm.trajectory(first.runId), { context, sandbox });
    await rlm.close();
  });
});

it("rlm.fork() tells of the calls that it has in common with its run what that tells of them", async () => {
  const codes = {
    q: [
      "const all = [await llm_query('s'), await llm_query('s'), await rlm_query('c', 'piece')]; print(all)",
      "all.push(await llm_query('late')); print(all)",
      "FINAL(all.length)",
    ],
    c: ["print(await llm_query('s'), await llm_query('s'))", "FINAL(context)"],
  };
  const { model } = writing(codes);
  const parts = { cache: memoryCache(), store: memoryStore(), checkpointer: new MemorySaver() };
  const rlm = createRlm({
    model: Object.assign(model, { modelName: "m" }),
    sandbox,
    limits: { depth: 2, directBelow: 0 },
    ...parts,
  });
  const first = await rlm.invoke({ query: "q", context }, thread);
  const told = async (runId: string) =>
    [...(await rlm.trajectory(runId)).runs.values()].map(({ start, queries, end }) => ({
      call: start.parent && [start.parent.turn, start.parent.id],
      queries: queries.map(({ turn, kind, ok, cached, usage, model: name }) => ({
        turn,
        kind,
        ok,
        cached,
        usage,
        name,
      })),
      digest: end?.digest,
    }));
  const [root, child] = await told(first.runId);
  expect(root?.queries.map(({ kind, cached }) => [kind, cached])).toEqual([
    ["llm", undefined],
    ["llm", true],
    ["rlm", undefined],
    ["llm", undefined],
  ]);
  expect([child?.queries.map(({ cached }) => cached), typeof child?.digest]).toEqual([[undefined, true], "string"]);
  const place = (await rlm.checkpoints("t")).find(({ turn, next }) => turn === 1 && next === "generate")!;
  const middle = await rlm.invoke(null, await rlm.fork(place.config, { query: "other" }));
  const again = await rlm.invoke(
    null,
    await rlm.fork(middleConfig(await rlm.checkpoints("t"), middle.runId), { code: "FINAL(1)" }),
  );
  for (const { runId } of [middle, again]) {
    const [forked, ...children] = await told(runId);
    expect(forked?.queries).toEqual(root?.queries.filter(({ turn }) => turn === 1));
    expect(children).toEqual([child]);
    const trajectory = await rlm.trajectory(runId);
    expect(await replayTrajectory(trajectory, { context, sandbox })).toHaveLength(2);
    // Words that no code shows, in a session that was told and not run.
    const [, common] = [...trajectory.runs.values()];
    const reply = common?.journal[0];
    if (reply?.type === "reply") common?.journal.splice(0, 1, { ...reply, text: `forged ${reply.text}` });
    await expect(replayTrajectory(trajectory, { context, sandbox })).rejects.toThrow("tells the digest");
  }
  await rlm.close();
});

function middleConfig(places: RunCheckpoint[], runId: string): RunnableConfig {
  return places.find((place) => place.runId === runId)?.config ?? {};
}

it("rlm.fork() over SQLite, opened anew each time leaves the branch as it was that another one cut off", async () => {
  const codes = {
    q: [
      "let x = await llm_query('1'); print(x)",
      "x += await llm_query('2'); print(x)",
      "x += '3'; print(x)",
      "FINAL(x)",
    ],
  };
  const path = join(folder, "runs.sqlite");
  const process = async <T>(
    work: (rlm: ReturnType<typeof createRlm>, asked: string[]) => Promise<T>,
    broken?: string,
  ) => {
    const { model, asked } = writing(codes, (name) => {
      if (name === broken) throw new Error("cut off");
    });
    const database = await sqlite(path);
    const { store, checkpointer } = database;
    const rlm = createRlm({ model, sandbox, limits: { directBelow: 0 }, store, checkpointer });
    try {
      return await work(rlm, asked);
    } finally {
      await rlm.close();
      await database.close();
    }
  };
  await process(
    async (rlm) => await expect(rlm.invoke({ query: "q", context }, thread)).rejects.toThrow("cut off"),
    "q 4",
  );
  const config = await process(async (rlm) => {
    const place = (await rlm.checkpoints("t")).find(({ turn, next }) => turn === 2 && next === "execute")!;
    return await rlm.fork(place.config, { reply: "Another way.\n```repl\nx += '!'; print(x)\n```" });
  });
  const forked = await process(async (rlm, asked) => [(await rlm.invoke(null, config)).answer, asked]);
  expect(forked).toEqual(["<1>!3", ["q 3", "q 4"]]);
  const first = await process(async (rlm, asked) => {
    const runs = await rlm.checkpoints("t");
    const newest = runs.find(({ runId }) => runId !== runs[0]!.runId)!;
    return [(await rlm.invoke(null, newest.config)).answer, asked];
  });
  expect(first).toEqual(["<1><2>3", ["q 4"]]);
});

describe("rlm.fork() with code", () => {
  it("rlm.fork() runs the code as it is given, also where a reply with it would end early, or refuses it", async () => {
    const { model } = writing({ q: ["print(1)", "FINAL('first')"] });
    const limits = { directBelow: 0 };
    const rlm = createRlm({ model, sandbox, limits, store: memoryStore(), checkpointer: new MemorySaver() });
    await rlm.invoke({ query: "q", context }, thread);
    const fenced = "/*\n```\n*/\nFINAL('whole')";
    const forked = await rlm.invoke(null, await rlm.fork(thread, { code: fenced }));
    expect(forked).toMatchObject({ status: "final", answer: "whole" });
    await expect(rlm.fork(thread, { code: "const t = '<think>a</think>b'; FINAL(t)" })).rejects.toThrow(
      "Cannot take the code as a reply: it would be read as other code",
    );
  });
});
