import { MemorySaver } from "@langchain/langgraph";
import { isolate, memoryStore, storeContexts, type Model, type RlmOptions, type Tool } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { afterAll, describe, expect, it } from "vitest";
import { createRlm } from "./create-rlm.ts";
import { createRlmGraph } from "./create-rlm-graph.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const context = "word ".repeat(20_000);
const thread = { configurable: { thread_id: "t" } };

/** The first prompt is too long for a window of 32,000 tokens; the second output is longer than 1,000 characters. */
const codes: Codes = [
  [
    "const told = []; try { told.push(await llm_query('p'.repeat(90000))) } catch (error) { told.push(String(error)) }",
    "told.push(await rlm_query('child', 'piece')); print(told[0].slice(0, 50), 'y'.repeat(3000))",
    "told.push(await llm_query('stop'), await rlm_query('last', 'piece')); FINAL(told.map((text) => text.slice(0, 60)).join())",
  ],
  ["print(context)", "FINAL(context)"],
];

/** By depth, then by turn. */
type Codes = readonly (readonly string[])[];

function modelOf(contextWindow: number | undefined, rules: Codes, stop?: AbortController) {
  const asked: string[] = [];
  const model: Model = async (messages, { purpose, depth }) => {
    const turn = messages.filter(({ role }) => role === "assistant").length;
    const prompt = messages[0]?.content ?? "";
    asked.push(purpose === "sub" ? prompt.slice(0, 5) : `${depth}.${turn + 1}`);
    if (prompt === "stop") stop?.abort(new Error("cut off"));
    const code = rules[depth]?.[turn] ?? "";
    return {
      text: purpose === "sub" ? `<${prompt.slice(0, 5)}>` : `\`\`\`repl\n${code}\n\`\`\``,
      usage: { inputTokens: 1, outputTokens: 1 },
    };
  };
  return { model: Object.assign(model, contextWindow === undefined ? {} : { contextWindow }), asked };
}

type Given = { window?: number } & Pick<RlmOptions, "limits" | "tools">;

/** A run that is cut off where it asks to, and the objects with which it may be gone on with. */
async function cutOff({ window, ...given }: Given, rules = codes) {
  const stop = new AbortController();
  const kept = { sandbox, store: memoryStore(), checkpointer: new MemorySaver() };
  const open = (model: Model, { limits, ...more }: Omit<Given, "window">) =>
    createRlm({ model, ...kept, ...more, limits: { directBelow: 0, depth: 2, ...limits } });
  const first = open(modelOf(window, rules, stop).model, given);
  await expect(first.invoke({ query: "q", context }, { ...thread, signal: stop.signal })).rejects.toThrow("cut off");
  await first.close();
  return {
    reopen({ window: now, ...others }: Given) {
      const { model, asked } = modelOf(now, rules);
      return { rlm: open(model, others), asked };
    },
  };
}

describe("rlm.invoke(null) under other options than the run began with", () => {
  const tooLong = /^RangeError: Cannot send the prompt/;
  it.each<[string, Given, Given, RegExp, string[]]>([
    ["a model of a smaller window", { window: 128_000 }, { window: 32_000 }, /^<ppppp>/, ["1.1", "1.2"]],
    ["a model of a larger window", { window: 32_000 }, { window: 128_000 }, tooLong, ["1.1", "1.2"]],
    ["outputs that may be longer", { limits: { outputChars: 1_000 } }, {}, /^<ppppp>/, ["1.1", "1.2"]],
    ["no sub-calls", {}, { limits: { depth: 0 } }, /^<ppppp>/, ["1.1", "1.2"]],
    ["no children", {}, { limits: { depth: 1 } }, /^<ppppp>/, ["1.1", "1.2"]],
    ["children where it had none", { limits: { depth: 1 } }, { limits: { depth: 2 } }, /^<ppppp>/, ["last\n"]],
  ])("rlm.invoke(null) with %s goes on as the run began", async (_, before, now, begins, last) => {
    const { reopen } = await cutOff(before);
    const { rlm, asked } = reopen(now);
    const { answer, status, runId } = await rlm.invoke(null, thread);
    expect([status, asked]).toEqual(["final", ["stop", ...last]]);
    expect(answer).toMatch(begins);
    const trajectory = await rlm.trajectory(runId);
    expect(await replayTrajectory(trajectory, { context, sandbox })).toHaveLength(trajectory.runs.size);
    await rlm.close();
  });

  it("createRlmGraph() goes on under the limits that a run began with, also with no Runnable around it", async () => {
    const stop = new AbortController();
    const store = memoryStore();
    const checkpointer = new MemorySaver();
    const parts = { sandbox, store, checkpointer, limits: { directBelow: 0, depth: 2 } };
    const first = createRlmGraph({ model: modelOf(128_000, codes, stop).model, ...parts });
    const input = { query: "q", context: await storeContexts(context, store) };
    await expect(first.invoke(input, { ...thread, signal: stop.signal })).rejects.toThrow("cut off");
    const { model, asked } = modelOf(32_000, codes);
    const { outcome } = await createRlmGraph({ model, ...parts }).invoke(null, thread);
    expect([outcome?.status, asked]).toEqual(["final", ["stop", "1.1", "1.2"]]);
  });

  const clock: Tool = {
    name: "clock",
    description: "Tells the time.",
    parameters: { type: "object" },
    run: async () => "noon",
    inherit: true,
  };
  const look = ["const saw = typeof tools; print(saw)", "FINAL([saw, await llm_query('stop')].join())"];

  it.each<[string, Codes]>([
    ["the root", [look]],
    ["a child", [["FINAL(await rlm_query('child', 'piece'))"], look]],
  ])("rlm.invoke(null) without the tools that the code of %s found says what to do", async (_, rules) => {
    const { reopen } = await cutOff({ tools: [clock] }, rules);
    const refused = reopen({}).rlm;
    const message =
      /^Cannot go on with this run: what its code did before does not happen again\. If its tools, kits or limits were others, give those\. Cannot replay block 1: its output differs/;
    await expect(refused.invoke(null, thread)).rejects.toMatchObject({
      code: "replay",
      message: expect.stringMatching(message),
    });
    await refused.close();
    const { rlm, asked } = reopen({ tools: [clock] });
    expect(await rlm.invoke(null, thread)).toMatchObject({ status: "final", answer: "object,<stop>" });
    expect(asked).toEqual(["stop"]);
    await rlm.close();
  });
});

describe("rlm.fork() with another depth", () => {
  it("rlm.fork() takes another depth where no code depends on it, and its trajectory replays", async () => {
    const rules: Codes = [
      ["print(1)", "const told = await rlm_query('child', 'piece')", "FINAL(told)"],
      codes[1] ?? [],
    ];
    const { model } = modelOf(undefined, rules);
    const limits = { depth: 1, directBelow: 0 };
    const rlm = createRlm({ model, sandbox, limits, store: memoryStore(), checkpointer: new MemorySaver() });
    expect((await rlm.invoke({ query: "q", context }, thread)).answer).toBe("<child>");
    const places = await rlm.checkpoints("t");
    const configOf = (turns: number) =>
      places.find(({ turn, next }) => turn === turns && next === "generate")?.config ?? {};
    for (const [turns, depth] of [
      [1, 0],
      [2, 0],
      [2, 2],
    ] as const)
      await expect(rlm.fork(configOf(turns), { limits: { depth } })).rejects.toThrow(
        "Cannot change limits.depth there: code has run under it",
      );
    const { answer, runId } = await rlm.invoke(null, await rlm.fork(configOf(1), { limits: { depth: 2 } }));
    expect(answer).toBe("piece");
    expect(await replayTrajectory(await rlm.trajectory(runId), { context, sandbox })).toHaveLength(2);
    const again = await rlm.invoke(null, await rlm.fork(configOf(2), { limits: { depth: 1 } }));
    expect(again.answer).toBe("<child>");
    await rlm.close();
  });
});
