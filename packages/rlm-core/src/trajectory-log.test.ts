import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runLoop } from "./loop.ts";
import { memoryStore } from "./stores/memory.ts";
import { scriptedModel } from "./testing/scripted-model.ts";
import { scriptedSandbox } from "./testing/scripted-sandbox.ts";
import { readTrajectory, trajectoryWriter } from "./trajectory.ts";
import { readTrajectoryLog, trajectoryLog } from "./trajectory-log.ts";

describe("readTrajectoryLog()", () => {
  it("readTrajectoryLog() gives what a trajectory file gives, and the log has no text of a result twice", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rlm-trajectory-log-"));
    const now = (): number => 7;
    const writer = trajectoryWriter(join(folder, "run.jsonl"), { now });
    const store = memoryStore();
    let record: ReturnType<typeof trajectoryLog> | undefined;
    const reply = "a long reply of a sub-model";
    const { runId } = await runLoop(
      { query: "q", context: "x".repeat(100_000) },
      {
        model: scriptedModel(["```repl\n1\n```"]),
        subModel: scriptedModel([reply]),
        store,
        onEvent: (event): unknown => {
          writer.onEvent(event);
          return (record ??= trajectoryLog(store, event.runId, now))(event);
        },
      },
      scriptedSandbox([[{ calls: ["ask"] }, { answer: "the answer" }]]),
    );
    await writer.close();
    const trajectory = await readTrajectoryLog(store, runId);
    const fromFile = await readTrajectory(join(folder, "run.jsonl"));
    await rm(folder, { recursive: true });
    expect(JSON.parse(JSON.stringify(trajectory))).toEqual(JSON.parse(JSON.stringify(fromFile)));
    expect([...trajectory.runs.get(runId)!.texts]).toEqual([...fromFile.runs.get(runId)!.texts]);
    expect([...trajectory.runs.get(runId)!.texts.values()]).toEqual([reply, "the answer"]);
    expect(JSON.stringify(await store.read(`${runId}/trajectory`))).not.toContain(reply);
  });

  it("readTrajectoryLog() says where there is none, and where an entry is none", async () => {
    const store = memoryStore();
    await expect(readTrajectoryLog(store, "r")).rejects.toThrow("this store has none");
    await store.append("r/trajectory", { type: "run-start", at: 1, runId: "r", depth: 0 });
    await store.append("r/trajectory", { nothing: true });
    await expect(readTrajectoryLog(store, "r")).rejects.toThrow("entry 2 is none of a trajectory");
  });
});
