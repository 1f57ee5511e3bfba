import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemorySaver } from "@langchain/langgraph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalJournal, isolate, memoryStore, runRlm, type JournalEvent, type RlmState } from "rlm-core";
import {
  createRun,
  execute,
  generate,
  initialState,
  nextStep,
  openTree,
  outcomeOf,
  resolveOptions,
} from "rlm-core/driver";
import { replayTrajectory } from "rlm-core/replay";
import { readTrajectory, trajectoryWriter, type Trajectory } from "rlm-core/trajectory";
import { createRlm, createRlmGraph } from "rlm-langgraph";
import { answers, context, createModel, queryAt } from "./hard-job.ts";
import { childPids, repl, ruleModel, turnOf } from "./scenario.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rlm-loop-and-graph-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the same job by loop and by graph", () => {
  for (const depth of [0, 1, 2, 3]) {
    it(`at depth ${depth} gives the same answer, equal canonical journals and equal variables in a replay`, async () => {
      const sandbox = isolate({ warm: 0 });
      const options = { sandbox, limits: { depth, computeMs: 700 } };
      const input = { query: queryAt(depth), context };
      const writer = trajectoryWriter(join(folder, `depth-${depth}.jsonl`));
      const byLoop = await runRlm(input, { ...options, model: createModel(), onEvent: writer.onEvent });
      await writer.close();
      const rlm = createRlm({ ...options, model: createModel() });
      const byGraph = await rlm.invoke(input);

      expect(byLoop).toMatchObject({ status: "final", answer: answers[depth] });
      expect(byGraph).toMatchObject({ status: "final", answer: answers[depth] });
      expect(byGraph.usage.calls).toBe(byLoop.usage.calls);

      const loopTrajectory = await readTrajectory(join(folder, `depth-${depth}.jsonl`));
      const graphTrajectory = await rlm.trajectory(byGraph.runId);
      expect(graphTrajectory.complete).toBe(true);
      expect(canonical(graphTrajectory)).toEqual(canonical(loopTrajectory));
      expect(Object.keys(canonical(loopTrajectory))).toHaveLength([1, 1, 3, 5][depth] ?? -1);

      // Seeds and clocks differ, so variables are compared by name and kind; each replay compares its own outputs.
      const replays = [];
      for (const trajectory of [loopTrajectory, graphTrajectory]) {
        const runs = await replayTrajectory(trajectory, { context, sandbox });
        replays.push(
          runs
            .map(({ variables }) => variables.map(({ name, type, size }) => [name, type, size]))
            .sort((a, b) => b.length - a.length),
        );
      }
      expect(replays[0]).toEqual(replays[1]);
      await sandbox.close();
      expect(childPids()).toEqual([]);
    });
  }
});

describe("a journal goes on under the other driver", () => {
  const codes = [
    "const dice = [Math.random(), Date.now()]; let failed; try { await llm_query('FAIL') } catch (error) { failed = error.message } print(dice)",
    "const many = await llm_query_batched(['a', 'b', 'c']); print(many)",
    "FINAL(JSON.stringify([dice, failed, many, Math.random()]))",
  ];
  const createJob = () =>
    ruleModel((messages, { purpose }) => {
      if (purpose !== "sub") return repl(codes[turnOf(messages) - 1] ?? "");
      if (messages[0]?.content === "FAIL") throw new Error("no");
      return `re ${messages[0]?.content}`;
    });

  /** The state of a run after two of its three turns, and what it came to. */
  async function halfway() {
    const store = memoryStore();
    const sandbox = isolate({ warm: 0 });
    const events: JournalEvent[] = [];
    let start: RlmState | undefined;
    const { answer } = await runRlm(
      { query: "q", context },
      {
        model: createJob(),
        store,
        sandbox,
        onEvent: (event) => {
          if (event.type === "run-start") start = event.state;
          if (event.type === "journal") events.push(event.event);
        },
      },
    );
    const ends = events.flatMap(({ type }, at) => (type === "end" ? [at] : []));
    const state = { ...start!, journal: events.slice(0, ends[1]! + 1) };
    return { store, sandbox, answer, state };
  }

  it("the graph goes on from the loop's journal, rebuilds its variables, and asks nothing again", async () => {
    const { store, sandbox, answer, state } = await halfway();
    const model = createJob();
    const graph = createRlmGraph({ model, store, sandbox, checkpointer: new MemorySaver() });
    const config = { configurable: { thread_id: "t" } };
    const { task, journal, pending, usage, depth, seed, startedAt, versions } = state;
    const head = await store.put(JSON.stringify({ before: null, events: journal }));
    await graph.updateState(
      config,
      {
        query: task.query,
        context: [...task.contexts],
        session: { id: "loop", rootId: "loop", depth, seed, startedAt, versions },
        journal: head,
        pending,
        usage,
        limit: null,
        outcome: null,
      },
      "submodel",
    );
    // From submodel the edge leads to execute, which finds the open block done; a fork for the test only.
    const output = await graph.invoke(null, config);
    expect(output.answer).toBe(answer);
    expect(model.calls.map(({ options }) => options.purpose)).toEqual(["root"]);
    await sandbox.close();
  });

  it("the loop's steps go on from the graph's journal, rebuild its variables, and ask nothing again", async () => {
    const store = memoryStore();
    const sandbox = isolate({ warm: 0 });
    const rlm = createRlm({ model: createJob(), store, sandbox });
    const { answer, runId } = await rlm.invoke({ query: "q", context });
    const { start, journal } = [...(await rlm.trajectory(runId)).runs.values()][0]!;
    const ends = journal.flatMap(({ type }, at) => (type === "end" ? [at] : []));
    const model = createJob();
    const tree = await openTree(resolveOptions({ model, store, sandbox }, sandbox), "again");
    const session = { runId: "again", depth: 0, seed: start.seed, query: "q", responseFormat: undefined };
    const contexts = [{ ...start.contexts[0]!, ref: start.contexts[0]!.hash, prefix: "" }];
    const run = createRun({ ...session, contexts, model, signal: tree.signal }, tree, {
      logKey: "again/log",
      recurse: () => Promise.reject(new Error("no children here")),
    });
    let state: RlmState = {
      ...initialState({ ...session, contexts }, tree),
      journal: journal.slice(0, ends[1]! + 1),
    };
    const steps = { generate, execute };
    for (let step; (step = nextStep(state, run.limits)) !== "end";) state = await steps[step as "execute"](state, run);
    expect(await store.get(outcomeOf(state).answerRef)).toBe(answer);
    expect(model.calls.map(({ options }) => options.purpose)).toEqual(["root"]);
    await run.session?.close();
    await sandbox.close();
  });
});

/** Canonical journals by the place of the session in its tree. */
function canonical({ runs }: Trajectory): Record<string, unknown[]> {
  const entries = [...runs].map(([id, { journal }]) => [id.replace(/^[^/]*/, "root"), canonicalJournal(journal)]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}
