import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../journal.ts";
import type { Run } from "../run.ts";
import type { RlmState } from "../state.ts";
import { emptyState, scriptedRun } from "../testing/scripted-run.ts";
import type { ScriptedSandbox } from "../testing/scripted-sandbox.ts";
import { turnsOf } from "../turns.ts";
import { furtherRun, meetVariables, wholeBlocksOf, type FurtherTask } from "./further-run.ts";
import { countToolCalls } from "./count-tool-calls.ts";
import { execute } from "./execute.ts";
import { generate } from "./generate.ts";
import { nextStep } from "./next-step.ts";

const code = "```repl\nprint(1)\n```";

async function beginTask(before: RlmState, task: Omit<FurtherTask, "responseFormat">, run: Run): Promise<RlmState> {
  return await meetVariables(await furtherRun(before, { ...task, responseFormat: undefined }, run), run);
}

describe("furtherRun(), meetVariables()", () => {
  const context = {
    name: "context",
    kind: "string",
    length: 1e6,
    ref: `sha256:${"0".repeat(64)}`,
    prefix: "",
  } as const;
  const other = { ...context, ref: `sha256:${"1".repeat(64)}` };
  const first = { ...emptyState, task: { query: "first", contexts: [context] } };

  async function afterOneRun(rest: Partial<Run> = {}) {
    const { run } = scriptedRun(
      [{ output: "1" }, { answer: "forty-two" }, { output: "more" }],
      [code, code, code, code],
      rest,
    );
    let state = await execute(await generate(first, run), run);
    state = await execute(await generate(state, run), run);
    return { run, state, sandbox: run.sandbox as ScriptedSandbox };
  }

  it("meetVariables() goes on in the live session where no context is new, and tells the answer before", async () => {
    const { run, state, sandbox } = await afterOneRun();
    const next = await beginTask(state, { query: "second", contexts: [{ ...context }] }, run);
    expect(next.journal.at(-1)).toMatchObject({
      type: "task",
      run: 1,
      query: "second",
      contexts: [],
      before: "forty-two",
    });
    expect([next.outcome, next.usage.calls, next.earlier]).toEqual([
      undefined,
      0,
      [{ query: "first", contexts: [context] }],
    ]);
    expect(nextStep(next, run.limits)).toBe("generate");
    const after = await execute(await generate(next, run), run);
    expect(turnsOf(after.journal).map(({ end }) => end?.output.text)).toEqual(["more"]);
    expect(sandbox.sessions).toHaveLength(1);
  });

  it("meetVariables() opens a session with the contexts of all runs where one is new, and keeps the one it opened", async () => {
    const { run, state, sandbox } = await afterOneRun();
    const next = await beginTask(state, { query: "second", contexts: [other] }, run);
    const after = await execute(await generate(next, run), run);
    expect(sandbox.sessions.map(({ closed }) => closed)).toEqual([true, false]);
    expect(sandbox.sessions[1]?.options.contexts).toEqual([context, { ...other, run: 1 }]);
    const third = await beginTask(after, { query: "third" }, run);
    expect(third.task.contexts).toEqual([other]);
    expect(third.earlier?.map(({ contexts }) => contexts)).toEqual([[context], [other]]);
    expect(sandbox.sessions).toHaveLength(2);
  });

  it("furtherRun() tells what persons said before, and generate() that it counts", async () => {
    const { run, state } = await afterOneRun();
    const said: JournalEvent = {
      type: "review",
      kind: "code",
      decision: "reject",
      message: "Leave\nthe secrets alone.",
    };
    const edited: JournalEvent = { type: "review", kind: "code", decision: "edit", code: "print(2)" };
    const next = await beginTask(
      { ...state, journal: [...state.journal, said, edited, said] },
      { query: "second" },
      run,
    );
    expect(next.journal.at(-1)).toMatchObject({ type: "task", said: ["Leave\nthe secrets alone."] });
    const read = async (before: RlmState): Promise<(string | undefined)[]> => {
      const after = scriptedRun([], [code]);
      await generate(before, after.run);
      return after.model.calls[0]?.messages.map(({ content }) => content) ?? [];
    };
    const [system, first] = await read(next);
    expect(first).toMatch(
      /said why\. It still holds, as far as it bears on this question:\n- Leave the secrets alone\.\n\n/,
    );
    expect(system).toContain("counts, and what a person says who looks at your work;");
    // What is said from here on stands with its own turn, and in the task of the run after this one.
    expect(await read({ ...next, journal: [...next.journal, ...state.journal.slice(0, 1), said] })).toContain(first);
    const bare = await beginTask(state, { query: "second" }, run);
    expect(bare.journal.at(-1)).not.toHaveProperty("said");
    const [plain, unsaid] = await read(bare);
    expect([plain, unsaid].join()).not.toMatch(/a person/i);
  });

  it("furtherRun() drops a block that is open, and everything after it", async () => {
    const { run, state } = await afterOneRun();
    const whole = state.journal.slice(0, 3);
    expect(whole.map(({ type }) => type)).toEqual(["reply", "block", "end"]);
    const { outcome, ...cut } = { ...state, journal: [...whole, ...state.journal.slice(3, 5)] };
    const next = await beginTask(cut, { query: "second" }, run);
    expect(next.journal.map(({ type }) => type)).toEqual(["reply", "block", "end", "reply", "task"]);
    expect(wholeBlocksOf(next.journal)).toEqual(next.journal);
    expect(wholeBlocksOf([])).toEqual([]);
  });

  it("meetVariables() leaves a short context to a plain call only where no code has run", async () => {
    const short = { ...context, length: 10 };
    const { run, state, sandbox } = await afterOneRun();
    const plain: RlmState = { ...emptyState, task: { query: "first", contexts: [short] } };
    const second = await beginTask(plain, { query: "second" }, run);
    expect([nextStep(second, run.limits), sandbox.sessions.length]).toEqual(["direct", 1]);
    const third = await beginTask(second, { query: "third", contexts: [other] }, run);
    expect(nextStep(third, run.limits)).toBe("generate");
    const more = await beginTask(state, { query: "second", contexts: [{ ...other, length: 5 }] }, run);
    expect(nextStep({ ...more, earlier: [{ query: "", contexts: [short] }] }, run.limits)).toBe("generate");
  });

  it("countToolCalls() leaves out the calls of earlier runs", () => {
    const called: JournalEvent = { type: "call", id: 1, kind: "tool", hash: "h", name: "find" };
    const task: JournalEvent = { type: "task", runId: "r", run: 1, query: "", contexts: [], variables: [] };
    const run = { id: "r", toolCalls: new Map<string, Set<string>>() };
    countToolCalls([called, called, task, { ...called, id: 2 }], run);
    expect(run.toolCalls.get("find")?.size).toBe(1);
  });
});
