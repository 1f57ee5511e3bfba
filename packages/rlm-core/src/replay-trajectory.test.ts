import { describe, expect, it } from "vitest";
import type { JournalEvent } from "./journal.ts";
import { replayTrajectory } from "./replay-trajectory.ts";
import { scriptedSandbox } from "./testing/scripted-sandbox.ts";
import type { Trajectory, TrajectoryRun } from "./trajectory.ts";
import { sha256 } from "./hash.ts";

const left = { turn: 1, turns: 30, calls: 200 };
const reply: JournalEvent = {
  type: "reply",
  text: "```repl\n1\n```",
  left,
  usage: { inputTokens: 1, outputTokens: 1 },
  model: "m",
};
const block: JournalEvent = { type: "block", code: "1", clock: 0 };
const call: JournalEvent = { type: "call", id: 1, kind: "rlm", hash: "h" };
const end: JournalEvent = { type: "end", output: { text: "", chars: 0 }, computeMs: 1 };

function runOf(runId: string, text: string, journal: JournalEvent[], parent?: string): [string, TrajectoryRun] {
  const depth = runId.split("/").length - 1;
  const limits = { promptChars: 1000, outputChars: 1000, computeMs: 1000, heapMb: 64, answerChars: 1000 };
  const start: TrajectoryRun["start"] = {
    type: "run-start",
    at: 0,
    runId,
    depth,
    query: "q",
    contexts: [{ name: "context", kind: "string", length: text.length, hash: `sha256:${sha256(text)}` }],
    seed: depth,
    startedAt: 0,
    versions: { schema: 1, v8: "scripted" },
    repl: { queries: true, tools: [], kits: [], limits },
    ...(parent !== undefined && { parent: { runId: parent, turn: 1, id: 1 } }),
  };
  return [runId, { start, journal, texts: new Map(), queries: [], budget: [], warnings: [] }];
}

function trajectoryOf(...runs: [string, TrajectoryRun][]): Trajectory {
  return { header: { type: "rlm-trajectory", version: 1, createdAt: 0 }, runs: new Map(runs), complete: true };
}

describe("replayTrajectory()", () => {
  it("replayTrajectory() leaves out what a rolled-back block opened, at every depth below it", async () => {
    const trajectory = trajectoryOf(
      runOf("r", "text", [reply, block, call, { ...end, rolledBack: true }]),
      runOf("r/1.1", "piece", [reply, block, call, end], "r"),
      runOf("r/1.1/1.1", "smaller", [reply, block, end], "r/1.1"),
    );
    const sandbox = scriptedSandbox([[]]);
    const replayed = await replayTrajectory(trajectory, { context: "text", sandbox });
    expect(replayed.map(({ runId }) => runId)).toEqual(["r"]);
    expect(sandbox.sessions.every(({ closed }) => closed)).toBe(true);
  });

  it("replayTrajectory() gives a further run the contexts of all runs, and says where one is missing", async () => {
    const task: JournalEvent = { type: "task", runId: "r", run: 1, query: "q", contexts: [], variables: [] };
    const trajectory = trajectoryOf(runOf("r", "first", [reply, block, end, task, reply, block, end]));
    const contexts = trajectory.runs.get("r")?.start.contexts;
    contexts?.push({ name: "context", kind: "string", length: 6, hash: `sha256:${sha256("second")}`, run: 1 });
    const sandbox = scriptedSandbox([[{ output: "" }, { output: "" }]]);
    await replayTrajectory(trajectory, { context: "second", earlier: ["first"], sandbox });
    expect(sandbox.sessions[0]?.options.contexts.map(({ length, run }) => [length, run])).toEqual([
      [5, undefined],
      [6, 1],
    ]);
    await expect(replayTrajectory(trajectory, { context: "second", sandbox })).rejects.toThrow(
      "its REPL was given contexts by 2 runs, here are those of 1",
    );
  });

  it("replayTrajectory() refuses a context of another text or another name, and opens no session with it", async () => {
    const trajectory = trajectoryOf(runOf("r", "text", [reply, block, end]));
    const sandbox = scriptedSandbox([]);
    const replay = replayTrajectory(trajectory, { context: "texts", sandbox });
    await expect(replay).rejects.toMatchObject({
      code: "replay",
      message: expect.stringMatching(/was "context", a text with 4 characters.*got "context", a text with 5/),
    });
    const renamed = trajectoryOf(runOf("r", "text", [reply, block, end]));
    for (const context of renamed.runs.get("r")?.start.contexts ?? []) context.name = "logs";
    await expect(replayTrajectory(renamed, { context: "text", sandbox })).rejects.toThrow('its context was "logs"');
  });
});
