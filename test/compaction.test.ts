import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalJournal, isolate, runRlm } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { readTrajectory, trajectoryWriter, type Trajectory } from "rlm-core/trajectory";
import { createRlm } from "rlm-langgraph";
import { questionOf, repl, ruleModel } from "./scenario.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rlm-compaction-"));
});
afterAll(() => rm(folder, { recursive: true }));

const notes = "Found: each turn adds a row to the array `rows`, of which the last one is the sum so far. To do: go on.";
const context = "x".repeat(100);
const limits = { depth: 2, directBelow: 0, historyTokens: 6_000 };

/** Six turns that print much, at the root and in a child that its third turn opens. A turn is told by its own number. */
function createModel() {
  return ruleModel((messages, { purpose }) => {
    if (purpose === "compact") return notes;
    const at = Number(/Turn (\d+) of/.exec(messages.at(-1)?.content ?? "")?.[1]);
    const child = questionOf(messages) === "child";
    if (at === 1) return repl("const rows = [1]; print('word '.repeat(3000))");
    if (at > 5) return repl("FINAL(rows.join())");
    if (at === 3 && !child) return repl("rows.push(await rlm_query('child', context)); print('word '.repeat(2500))");
    return repl(`rows.push(${at}); print('word '.repeat(2500))`);
  });
}

describe("a run whose history is compacted", () => {
  it("gives the same answer and journal by loop and by graph, for children too, and replays to the same variables", async () => {
    const sandbox = isolate({ warm: 0 });
    const path = join(folder, "run.jsonl");
    const writer = trajectoryWriter(path);
    const model = createModel();
    const byLoop = await runRlm({ query: "q", context }, { model, sandbox, limits, onEvent: writer.onEvent });
    await writer.close();
    const rlm = createRlm({ model: createModel(), sandbox, limits });
    const byGraph = await rlm.invoke({ query: "q", context });

    expect(byLoop).toMatchObject({ status: "final", answer: "1,2,1,2,3,4,5,4,5" });
    expect(byGraph.answer).toBe(byLoop.answer);
    expect(byGraph.usage.calls).toBe(byLoop.usage.calls);
    const trajectories = [await readTrajectory(path), await rlm.trajectory(byGraph.runId)];
    expect(canonical(trajectories[1]!)).toEqual(canonical(trajectories[0]!));
    for (const { journal } of trajectories[0]!.runs.values())
      expect(journal.filter(({ type }) => type === "compact").length).toBeGreaterThan(1);
    expect(
      model.calls.filter(({ options }) => options.purpose === "compact").map(({ options }) => options.depth),
    ).toContain(1);

    for (const trajectory of trajectories) {
      const replayed = await replayTrajectory(trajectory, { context, sandbox });
      expect(replayed.map(({ depth }) => depth)).toEqual([0, 1]);
      expect(replayed.map(({ variables }) => variables.map(({ name, size }) => [name, size]))).toEqual([
        [["rows", "5 elements"]],
        [["rows", "5 elements"]],
      ]);
    }
    await sandbox.close();
  });

  it("keeps a child to the window of its own model", async () => {
    const sandbox = isolate({ warm: 0 });
    const small = Object.assign(createModel(), { contextWindow: 12_000 });
    const large = Object.assign(createModel(), { contextWindow: 1_000_000 });
    await runRlm(
      { query: "q", context },
      { model: large, subModel: small, sandbox, limits: { depth: 2, directBelow: 0 } },
    );
    const compactions = [large, small].map(
      ({ calls }) => calls.filter(({ options }) => options.purpose === "compact").length,
    );
    expect(compactions[0]).toBe(0);
    expect(compactions[1]).toBeGreaterThan(0);
    await sandbox.close();
  });
});

/** Canonical journals by the place of the session in its tree. */
function canonical({ runs }: Trajectory): Record<string, unknown[]> {
  return Object.fromEntries(
    [...runs].map(([id, { journal }]) => [id.replace(/^[^/]*/, "root"), canonicalJournal(journal)]),
  );
}
