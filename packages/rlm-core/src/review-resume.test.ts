import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runLoop } from "./loop.ts";
import type { JournalEvent, ReviewEvent } from "./journal.ts";
import type { Model } from "./model.ts";
import { recordDigest } from "./record-digest.ts";
import { replayTrajectory } from "./replay-trajectory.ts";
import { resumeLoop } from "./resume.ts";
import type { Approve, Decision, ReviewRequest } from "./review.ts";
import type { Sandbox } from "./sandbox.ts";
import { scriptedSandbox, type Given, type ScriptedStep } from "./testing/scripted-sandbox.ts";
import type { Tool } from "./tool.ts";
import { readTrajectory, trajectoryWriter } from "./trajectory.ts";
import { canonicalJournal } from "./turns.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-review-resume-"));
afterAll(() => rmSync(folder, { recursive: true }));
const input = { query: "q", context: "the whole context ".repeat(100) };

// A turn whose code is changed and calls a tool with other arguments; one that is stopped; one whose answer is rejected;
// then the limit is raised, and the answer of the next is changed.
const said: Record<string, Decision | boolean> = {
  "code 1": { type: "edit", code: "edited" },
  "tool 1": { type: "edit", args: { n: 2 } },
  "code 2": { type: "reject", message: "no" },
  "code 3": true,
  "answer 3": { type: "reject" },
  "budget 3": { type: "approve", max: 4 },
  "code 4": true,
  "answer 4": { type: "edit", answer: "z" },
};

const step: ScriptedStep = (given: Given): ScriptedStep => {
  if (given.type === "resume") return { output: "printed" };
  if (given.code === "edited") return { calls: [{ kind: "tool", name: "look", prompt: '{"n":1}' }] };
  return { answer: given.code === "turn 3" ? "x" : "y" };
};

function job() {
  const asked: string[] = [];
  const model: Model = async (messages) => {
    const turn = messages.filter(({ role }) => role === "assistant").length + 1;
    asked.push(`turn ${turn}`);
    return { text: `\`\`\`repl\nturn ${turn}\n\`\`\``, usage: { inputTokens: 10, outputTokens: 5 } };
  };
  const approve: Approve = ({ kind, turn }: ReviewRequest) => {
    asked.push(`${kind} ${turn}`);
    return said[`${kind} ${turn}`] ?? (`nothing to say on ${kind} ${turn}` as unknown as boolean);
  };
  const tool: Tool = {
    name: "look",
    description: "",
    parameters: { properties: { n: { type: "number" } } },
    approve: true,
    maxCalls: 1,
    run: async ({ n }) => (asked.push(`look ${String(n)}`), "seen"),
  };
  const review = ["code", "budget", "answer"] as const;
  const options = { model: Object.assign(model, { modelName: "m" }), approve, review, tools: [tool] };
  return { asked, options: { ...options, limits: { turns: 3, directBelow: 0 } } };
}

function sandbox(): Sandbox {
  return scriptedSandbox([Array<ScriptedStep>(20).fill(step)]);
}

describe("resumeLoop() of a run that a person reviews", () => {
  it("resumeLoop() from each line comes to the same, and asks neither models nor the person what is recorded", async () => {
    const path = join(folder, "whole.jsonl");
    const writer = trajectoryWriter(path);
    const { asked: all, options } = job();
    const whole = await runLoop(input, { ...options, onEvent: writer.onEvent }, sandbox());
    await writer.close();
    expect(whole).toMatchObject({ status: "final", answer: "z" });
    expect(all).toHaveLength(13);
    const journal = canonicalJournal((await readTrajectory(path)).runs.get(whole.runId)?.journal ?? []);
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    for (let kept = 2; kept < lines.length; kept++) {
      const cut = join(folder, "cut.jsonl");
      writeFileSync(cut, `${lines.slice(0, kept).join("\n")}\n`);
      const before = (await readTrajectory(cut)).runs.get(whole.runId)?.journal ?? [];
      const again = job();
      const { limits: _, ...rest } = again.options;
      const result = await resumeLoop({ trajectory: cut, context: input.context }, rest, sandbox());
      expect([kept, result.status, result.answer]).toEqual([kept, "final", "z"]);
      // Each event that is recorded is one question less.
      const recorded = before.filter(({ type }) => ["reply", "review", "result"].includes(type)).length;
      expect([kept, again.asked]).toEqual([kept, all.slice(recorded)]);
      const after = (await readTrajectory(cut)).runs.get(whole.runId)?.journal ?? [];
      expect(canonicalJournal(after)).toEqual(journal);
    }
  });

  it("replayTrajectory() finds it as it was, and what was changed in it", async () => {
    const path = join(folder, "replayed.jsonl");
    const writer = trajectoryWriter(path);
    const whole = await runLoop(input, { ...job().options, onEvent: writer.onEvent }, sandbox());
    await writer.close();
    const read = async (change: (journal: JournalEvent[]) => void = () => {}): Promise<unknown> => {
      const trajectory = await readTrajectory(path);
      const run = trajectory.runs.get(whole.runId)!;
      change(run.journal);
      // Whoever changes a record can make its digest again.
      if (run.end !== undefined) run.end.digest = recordDigest({ ...run.start, journal: run.journal });
      return await replayTrajectory(trajectory, { context: input.context, sandbox: sandbox() });
    };
    expect(await read()).toHaveLength(1);
    const review = (journal: JournalEvent[], kind: string, decision: string): ReviewEvent =>
      journal.find(
        (event): event is ReviewEvent => event.type === "review" && event.kind === kind && event.decision === decision,
      )!;
    await expect(read((journal) => (review(journal, "code", "edit").code = "other"))).rejects.toThrow(
      "block 1 (turn 1) is not the code that a person gave",
    );
    await expect(read((journal) => delete review(journal, "code", "edit").code)).rejects.toThrow(
      "block 1 (turn 1) is not the code of its reply",
    );
    await expect(read((journal) => (review(journal, "code", "approve").decision = "reject"))).rejects.toThrow(
      "block 2 (turn 3) ran, though a person stopped the code of its reply",
    );
    await expect(read((journal) => delete review(journal, "answer", "edit").answer)).rejects.toThrow(
      "its end tells an answer, and its code gave none",
    );
    const untold = await readTrajectory(path);
    const args = review(untold.runs.get(whole.runId)!.journal, "tool", "edit");
    args.args = { n: 3 };
    const replayed = replayTrajectory(untold, { context: input.context, sandbox: sandbox() });
    await expect(replayed).rejects.toThrow(/its end tells the digest/);
  });

  it("replayTrajectory() holds the end of a plain call against the answer that a person accepted", async () => {
    const path = join(folder, "accepted.jsonl");
    const writer = trajectoryWriter(path);
    const given = { ...job().options, approve: () => true, limits: { directBelow: 16_000 } };
    const { runId } = await runLoop({ query: "q", context: "c" }, { ...given, onEvent: writer.onEvent }, sandbox());
    await writer.close();
    const trajectory = await readTrajectory(path);
    expect(await replayTrajectory(trajectory, { context: "c", sandbox: sandbox() })).toHaveLength(1);
    trajectory.runs.get(runId)!.end!.text = "another answer";
    await expect(replayTrajectory(trajectory, { context: "c", sandbox: sandbox() })).rejects.toThrow(
      'its end tells the answer "another answer"',
    );
  });

  it("resumeLoop() knows a direct answer that was accepted", async () => {
    const path = join(folder, "direct.jsonl");
    const writer = trajectoryWriter(path);
    const { asked, options } = job();
    const approve = (): Decision => ({ type: "edit", answer: "short" });
    const given = { ...options, approve, limits: { directBelow: 16_000 } };
    const whole = await runLoop({ query: "q", context: "c" }, { ...given, onEvent: writer.onEvent }, sandbox());
    await writer.close();
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    expect(lines.at(-1)).toContain('"run-end"');
    writeFileSync(path, `${lines.slice(0, -1).join("\n")}\n`);
    const { limits: _, ...rest } = given;
    const result = await resumeLoop({ trajectory: path, context: "c" }, rest, sandbox());
    expect([whole, result]).toMatchObject([
      { status: "direct", answer: "short" },
      { status: "direct", answer: "short" },
    ]);
    expect(asked).toEqual(["turn 1"]);
  });

  it("resumeLoop() asks about the answer again where the one before was rejected", async () => {
    const path = join(folder, "rejected.jsonl");
    const writer = trajectoryWriter(path);
    const { asked, options } = job();
    const given = { ...options, approve: (): boolean => false, limits: { directBelow: 16_000 } };
    const running = runLoop({ query: "q", context: "c" }, { ...given, onEvent: writer.onEvent }, sandbox());
    await expect(running).rejects.toMatchObject({ code: "rejected" });
    await writer.close();
    const { limits: _, ...rest } = given;
    const again: ReviewRequest[] = [];
    const approve: Approve = (request) => again.push(request) > 0;
    const result = await resumeLoop({ trajectory: path, context: "c" }, { ...rest, approve }, sandbox());
    expect(result.status).toBe("direct");
    expect([again.length, asked]).toEqual([1, ["turn 1", "turn 1"]]);
  });

  it("resumeLoop() asks again about an answer that concluding code gave, and ends its block no second time", async () => {
    const path = join(folder, "concluded.jsonl");
    const options = { review: ["answer"] as const, limits: { turns: 1, directBelow: 0 } };
    const step: ScriptedStep = (given) =>
      given.type === "run" && given.code === "last" ? { answer: "x" } : { output: "seen" };
    const sandbox = scriptedSandbox([[step, step, step]]);
    const model: Model = async (messages) => {
      const isFirst = messages.every(({ role }) => role !== "assistant");
      return { text: `\`\`\`repl\n${isFirst ? "first" : "last"}\n\`\`\``, usage: { inputTokens: 1, outputTokens: 1 } };
    };
    const writer = trajectoryWriter(path);
    const first = runLoop(input, { ...options, model, approve: () => false, onEvent: writer.onEvent }, sandbox);
    await expect(first).rejects.toMatchObject({ code: "rejected", answer: "x" });
    await writer.close();
    const unasked: Model = () => Promise.reject(new Error("asked again"));
    const resume = { trajectory: path, context: input.context };
    const { limits: _, ...rest } = options;
    const result = await resumeLoop(resume, { ...rest, model: unasked, approve: () => true }, sandbox);
    expect(result).toMatchObject({ status: "concluded", limit: "turns", answer: "x" });
    const trajectory = await readTrajectory(path);
    const [{ journal } = { journal: [] }] = trajectory.runs.values();
    expect(journal.map(({ type }) => type).slice(-5)).toEqual(["reply", "block", "end", "review", "review"]);
    await replayTrajectory(trajectory, { context: input.context, sandbox });
  });

  it("resumeLoop() keeps what a limit of the run was raised to", async () => {
    const path = join(folder, "raised.jsonl");
    const writer = trajectoryWriter(path);
    const script: ScriptedStep[] = [{ output: "1" }, { output: "2" }, { answer: "x" }];
    const { asked, options } = job();
    const raising = { ...options, review: ["budget"] as const, limits: { calls: 2, directBelow: 0 } };
    let said = 0;
    const approve = (): Decision => {
      said++;
      return { type: "approve", max: 9 };
    };
    await runLoop(input, { ...raising, approve, onEvent: writer.onEvent }, scriptedSandbox([script]));
    await writer.close();
    expect([said, asked]).toEqual([1, ["turn 1", "turn 2", "turn 3"]]);
    const lines = readFileSync(path, "utf8").split("\n");
    const at = lines.findIndex((line) => line.includes('"raise"'));
    writeFileSync(path, `${lines.slice(0, at + 1).join("\n")}\n`);
    const { limits: _, ...rest } = raising;
    const again = await resumeLoop(
      { trajectory: path, context: input.context },
      { ...rest, approve },
      scriptedSandbox([script]),
    );
    // Without the entry it would be asked a second time.
    expect([again.answer, said]).toEqual(["x", 1]);
  });
});
