import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../journal.ts";
import { resolveLimits } from "../limits.ts";
import type { Sandbox, SubResult } from "../sandbox.ts";
import type { RlmState } from "../state.ts";
import type { Tool } from "../tool.ts";
import { emptyState, scriptedRun } from "../testing/scripted-run.ts";
import { scriptedSandbox, type ScriptedCall, type ScriptedStep } from "../testing/scripted-sandbox.ts";
import { conclude } from "./conclude.ts";
import { execute } from "./execute.ts";
import { generate } from "./generate.ts";
import { liveSession } from "./live-session.ts";
import { deliverResults } from "./submodel.ts";

const code = "```repl\nprint(1)\n```";
const child: ScriptedCall = { kind: "rlm", prompt: "look", context: { text: "piece", json: false } };
const typesOf = ({ journal }: RlmState): string[] => journal.map(({ type }) => type);

describe("steps that are tried again from the same state, as after a crash", () => {
  it("generate() takes the reply that it has, and does not ask again", async () => {
    const { run, model } = scriptedRun([], [code]);
    const first = await generate(emptyState, run);
    expect((await generate(emptyState, run)).journal).toEqual(first.journal);
    expect(model.calls).toHaveLength(1);
  });

  it("generate() takes the summary that it has, also where the reply did not come any more", async () => {
    // So long that with what is left another summary would be due.
    const notes = "The canal stands in three texts, of 1881, 1902 and 1914. ".repeat(200);
    const long = [3_000, 2_150, 400].map((words) => ({ output: "word ".repeat(words) }));
    const limits = resolveLimits({ historyTokens: 6_500 });
    const replies = [code, code, code, notes, new Error("killed"), code];
    const { run, model } = scriptedRun([...long, { answer: "x" }], replies, { limits });
    let state = emptyState;
    for (let turn = 1; turn <= 2; turn++) state = await execute(await generate(state, run), run);
    state = await execute(await generate(state, { ...run, limits: { ...run.limits, historyTokens: Infinity } }), run);
    await expect(generate(state, run)).rejects.toThrow("killed");
    const again = await generate(state, { ...run, session: undefined });
    expect(typesOf(again).slice(-3)).toEqual(["end", "compact", "reply"]);
    const purposes = model.calls.map(({ options }) => options.purpose);
    expect(purposes).toEqual(["root", "root", "root", "compact", "root", "root"]);
    // What a checkpoint has of it: the same, and nothing is asked.
    expect((await generate(state, run)).journal).toEqual(again.journal);
    expect(model.calls).toHaveLength(6);
    // A run that goes on from its trajectory has the summary in its state already.
    const compacted = again.journal.slice(0, -1);
    const resumed = scriptedRun([...long, { answer: "x" }], [code], { limits });
    await generate({ ...state, journal: compacted }, { ...resumed.run, store: run.store, logKey: "r/other" });
    expect(resumed.model.calls.map(({ options }) => options.purpose)).toEqual(["root"]);
    const live = await execute(again, run);
    expect(live.outcome?.status).toBe("final");
  });

  it("execute() takes the end of the block that it has, with its answer", async () => {
    const { run, model } = scriptedRun([{ calls: ["one"] }, { answer: "x" }], [code, "reply"]);
    const state = await generate(emptyState, run);
    const first = await execute(state, run);
    expect(typesOf(first)).toEqual(["reply", "block", "call", "result", "end"]);
    const again = await execute(state, { ...run, session: undefined });
    expect(again).toEqual(first);
    expect(model.calls).toHaveLength(2);
  });

  it("deliverResults() adds no result twice", async () => {
    const { run } = scriptedRun([{ calls: [child, { ...child, prompt: "again" }] }, { answer: "x" }], [code]);
    const state = await execute(await generate(emptyState, run), run);
    const results = new Map([1, 2].map((id) => [id, { ok: true, value: { text: `r${id}`, json: false } }]));
    const first = await deliverResults(state, results, run);
    expect((await deliverResults(state, results, run)).journal).toEqual(first.journal);
    const deliveries = first.journal.flatMap((event) => (event.type === "result" ? [[event.id, event.delivery]] : []));
    expect(deliveries).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it("conclude() takes what was printed where the last reply is an empty block, as one that was cut may be", async () => {
    const { run } = scriptedRun([{ output: "found" }], [code, "```repl\n", "```repl\n"]);
    const state: RlmState = { ...(await execute(await generate(emptyState, run), run)), limit: "turns" };
    const { outcome } = await conclude(state, run);
    expect(await run.store.get(outcome?.answerRef ?? "")).toBe("found");
  });

  it("conclude() takes the last reply that it has, and does not ask again", async () => {
    const { run, model } = scriptedRun([{ output: "found" }], [code, "the best there is"]);
    const state: RlmState = { ...(await execute(await generate(emptyState, run), run)), limit: "turns" };
    const first = await conclude(state, run);
    expect((await conclude(state, run)).outcome).toEqual(first.outcome);
    expect(first.outcome).toMatchObject({ status: "concluded", limit: "turns" });
    expect(model.calls).toHaveLength(2);
  });

  it("openBlockLog() reads an entry of the log once, not at every later step", async () => {
    const { run } = scriptedRun(
      Array.from({ length: 20 }, () => ({ output: "1" })),
      Array.from({ length: 20 }, () => code),
    );
    let read = 0;
    const store = {
      ...run.store,
      read: async (key: string) => {
        const entries = await run.store.read(key);
        read += entries.length;
        return entries;
      },
    };
    let state = emptyState;
    for (let turn = 0; turn < 20; turn += 1) state = await execute(await generate(state, { ...run, store }), run);
    expect(state.journal).toHaveLength(60);
    expect(read).toBeLessThanOrEqual(60);
  });
});

describe("a live session that stands somewhere else", () => {
  it("execute() closes it and opens another with the journal as history", async () => {
    const { run } = scriptedRun([{ output: "1" }, { output: "2" }], [code, code]);
    const first = await execute(await generate(emptyState, run), run);
    const ahead = run.session;
    const other: JournalEvent[] = first.journal.map((event) =>
      event.type === "block" ? { ...event, clock: 9 } : event,
    );
    const state = await execute(await generate({ ...first, journal: other }, run), run);
    expect(state.journal).toHaveLength(6);
    expect(ahead).toMatchObject({ closed: true });
    expect(run.session).not.toBe(ahead);
  });
});

describe("a session whose process was taken away", () => {
  it("execute() waits for all results and delivers them together, for each delivery costs a rebuild", async () => {
    const gate = Promise.withResolvers<string>();
    const inner = scriptedSandbox([[{ calls: ["one", "two"] }, { answer: "x" }]]);
    const batches: number[] = [];
    const sandbox: Sandbox = {
      ...inner,
      async open(options) {
        const session = await inner.open(options);
        const resume = session.resume.bind(session);
        return Object.assign(session, {
          live: false,
          resume: (results: readonly SubResult[]) => (batches.push(results.length), resume(results)),
        });
      },
    };
    const first = (): string => {
      setImmediate(() => gate.resolve("late"));
      return "at once";
    };
    const { run } = scriptedRun([], [code, first, () => gate.promise], { sandbox });
    await execute(await generate(emptyState, run), run);
    expect(batches).toEqual([2]);
  });
});

describe("what is written ahead", () => {
  it("execute() writes ahead the block before it runs, a call before it is asked, and a result before the code sees it", async () => {
    const seen: string[][] = [];
    const look =
      (step: ScriptedStep): ScriptedStep =>
      () => (seen.push([...written]), step);
    const { run, written } = scriptedRun(
      [look({ calls: ["one"] }), look({ answer: "x" })],
      [code, () => (seen.push([...written]), "reply")],
    );
    await execute(await generate(emptyState, run), run);
    expect(seen).toEqual([
      ["reply", "block"],
      ["reply", "block", "call"],
      ["reply", "block", "call", "result"],
    ]);
  });

  it("execute() delivers and numbers results in the order in which they come, over all blocks", async () => {
    const gates = [1, 2, 3].map(() => Promise.withResolvers<string>());
    const asked = Promise.withResolvers<void>();
    const last = () => (asked.resolve(), gates[2]?.promise ?? "");
    const { run } = scriptedRun(
      [{ calls: ["one", "two", "three"] }, { output: "1" }, { calls: ["four"] }, { answer: "x" }],
      [code, () => gates[0]?.promise ?? "", () => gates[1]?.promise ?? "", last, code, "four"],
    );
    const first = execute(await generate(emptyState, run), run);
    await asked.promise;
    for (const at of [2, 0, 1]) gates[at]?.resolve(String(at + 1));
    const { journal } = await execute(await generate(await first, run), run);
    const results = journal.flatMap((event) => (event.type === "result" ? [event] : []));
    expect(results.map(({ id, delivery }) => [id, delivery])).toEqual([
      [3, 1],
      [1, 2],
      [2, 3],
      [4, 4],
    ]);
  });
});

describe("a reply that concludes", () => {
  it("conclude() goes on from it where the journal has it, in a session that is rebuilt, without asking again", async () => {
    const last = "```repl\nFINAL(found)\n```";
    const script = [{ output: "1" }, { calls: ["more"] }, { answer: "the answer" }];
    const { run, model } = scriptedRun(script, [code, last, "sub", "sub", "sub", "sub"], {
      limits: resolveLimits({ turns: 1 }),
    });
    const state = await execute(await generate(emptyState, run), run);
    const concluded = await conclude(state, run);
    expect(concluded.outcome).toMatchObject({ status: "concluded", limit: "turns" });
    const asked = model.calls.length;
    const at = concluded.journal.findIndex((event) => event.type === "reply" && event.concludes === "turns");
    for (let length = at + 1; length <= concluded.journal.length; length++) {
      await run.store.delete(run.logKey);
      await run.session?.close();
      run.session = undefined;
      const again = await conclude({ ...emptyState, journal: concluded.journal.slice(0, length) }, run);
      expect(again.outcome).toEqual(concluded.outcome);
    }
    // The sub-call alone, as long as its result is not in the journal.
    expect(model.calls.slice(asked).map(({ options }) => options.purpose)).toEqual(["sub", "sub", "sub"]);
  });
});

describe("calls of tools", () => {
  it("execute() counts those that the journal of a rebuilt session has towards the cap, each once", async () => {
    const tool: Tool = { name: "t", description: "", parameters: {}, maxCalls: 2, run: async () => "ok" };
    const toTool = { kind: "tool", name: "t", prompt: "{}" } as const;
    const script = [
      { calls: [toTool] },
      { output: "" },
      { calls: [toTool] },
      { output: "" },
      { calls: [toTool] },
      { output: "" },
    ];
    const { run } = scriptedRun(script, [code, code, code], { tools: [tool] });
    let state = await execute(await generate(emptyState, run), run);
    for (const calls of [2, 3]) {
      // As another process finds it, twice.
      run.toolCalls.clear();
      for (let rebuilt = 0; rebuilt < 2; rebuilt++) {
        await run.session?.close();
        run.session = undefined;
        await liveSession(state, state.journal, run);
      }
      expect(run.toolCalls.get("t")?.size).toBe(calls - 1);
      state = await execute(await generate(state, run), run);
    }
    const results = state.journal.flatMap((event) => (event.type === "result" ? [event.ok] : []));
    expect(results).toEqual([true, true, false]);
  });
});

describe("results of blocks that were rolled back", () => {
  const lost = { error: { kind: "timeout", message: "too long" } as const, rolledBack: true };

  it("execute() gives each of them once to the same call of a later block, and asks for what failed", async () => {
    const { run, model } = scriptedRun(
      [{ calls: ["same", "same", "bad"] }, lost, { calls: ["same", "same", "same", "bad"] }, { answer: "x" }],
      [code, "first", "second", new Error("busy"), code, "third", "fourth"],
    );
    const once = await execute(await generate(emptyState, run), run);
    const twice = await execute(await generate(once, run), run);
    expect(model.calls).toHaveLength(7);
    const ids = twice.journal.flatMap((event) => (event.type === "result" && event.ok ? [event.ref] : []));
    expect(new Set(ids).size).toBe(4);
  });

  it("execute() gives none of them to a call that got its own before", async () => {
    const { run, model } = scriptedRun(
      [{ calls: ["same"] }, lost, { calls: ["same"] }, { output: "1" }, { calls: ["same"] }, { answer: "x" }],
      [code, "first", code, code, "second"],
    );
    let state = emptyState;
    for (let turn = 0; turn < 3; turn += 1) state = await execute(await generate(state, run), run);
    expect(model.calls).toHaveLength(5);
  });

  it("execute() runs no child again whose result is there, also where the driver runs them", async () => {
    const { run } = scriptedRun([{ calls: [child] }, lost, { calls: [child] }, { answer: "x" }], [code, code]);
    const waiting = await execute(await generate(emptyState, run), run);
    const result = { ok: true, value: { text: "seen", json: false } };
    const lostState = await execute(await deliverResults(waiting, new Map([[1, result]]), run), run);
    const ended = await execute(await generate(lostState, run), run);
    expect(ended.pending).toEqual([]);
    expect(ended.outcome).toMatchObject({ status: "final" });
  });
});
