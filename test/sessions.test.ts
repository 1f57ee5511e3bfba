import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isolate } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { readTrajectoryLog } from "rlm-core/trajectory";
import { sqlite } from "rlm-langgraph/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { isAlive, startProgram } from "./start-program.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-sessions-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Said {
  answer: string;
  calls: number;
  runId: string;
  pids: number[];
}

async function ask(query: string, ...context: string[]): Promise<Said> {
  const { lines, ended } = startProgram("test/session-program.ts", [join(folder, "runs.sqlite"), query, ...context]);
  const code = await ended;
  if (code !== 0) throw new Error(`Ended with ${code}:\n${lines.join("\n")}`);
  const said = lines.findLast((line) => line.startsWith("{"));
  return JSON.parse(said ?? "{}") as Said;
}

describe("a thread whose questions are asked by one process after another", () => {
  it("rlm.invoke() finds variables and contexts of all runs, and a session that waits keeps no program alive", async () => {
    const first = await ask("const kept = { n: Math.random() }; print(kept)\nFINAL(kept.n)", "one");
    const second = await ask("print(1)\nconst also = new Date(); FINAL([kept.n, context])");
    const third = await ask("print(also)\nFINAL([kept.n, context, context_0, context_2])", "three");
    expect(JSON.parse(second.answer)).toEqual([Number(first.answer), "one"]);
    expect(JSON.parse(third.answer)).toEqual([Number(first.answer), "three", "one", "three"]);
    expect([first.calls, second.calls, third.calls]).toEqual([2, 2, 2]);
    for (const { pids } of [first, second, third]) {
      expect(pids).toHaveLength(1);
      expect(pids.some(isAlive)).toBe(false);
    }
    const { store, close } = await sqlite(join(folder, "runs.sqlite"));
    const sandbox = isolate({ warm: 0 });
    const trajectory = await readTrajectoryLog(store, third.runId);
    const [replayed] = await replayTrajectory(trajectory, { context: "three", earlier: ["one"], sandbox });
    expect(replayed?.variables.map(({ name }) => name)).toEqual(["also", "kept"]);
    await sandbox.close();
    await close();
  });
});
