import { mkdtempSync, rmSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isolate } from "rlm-core";
import { createRlm } from "rlm-langgraph";
import { sqlite } from "rlm-langgraph/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { failingWrite } from "./failing-write.ts";
import { answer, context, everything, jobModel, limits, onRecorded, query } from "./job.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-sweep-"));
const sandbox = isolate({ warm: 0 });
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

// FAULTS_FROM=80 FAULTS_TO=120 FAULTS_STEP=1 FAULTS_SEED=2: all of some of them, with other times of the writes.
const {
  FAULTS_FROM: from = "1",
  FAULTS_TO: to = "Infinity",
  FAULTS_STEP: step = "5",
  FAULTS_SEED: seed = "1",
} = process.env;
const thread = { configurable: { thread_id: "job" } };

describe("a run of which any one write fails, whichever that is", () => {
  it.each(["the same", "another"])(
    "rlm.invoke(null) of %s object goes on at once, and asks nothing again that is recorded",
    async (by) => {
      for (let at = Number(from); at <= Number(to); at += Number(step)) {
        const outcome = await cutAndGoOn(at, by === "the same");
        if (outcome === undefined) break;
        expect([at, outcome]).toEqual([at, { ...outcome, answer, complete: true, repeated: [], unasked: [] }]);
      }
    },
    3_600_000,
  );
});

/** What comes of the run whose write `at` fails; undefined where it has not so many. */
async function cutAndGoOn(at: number, bySameObject: boolean) {
  const path = join(folder, `${bySameObject}-${at}.sqlite`);
  const { close, ...parts } = await sqlite(path);
  const random = dice(Number(seed) * 1_000 + at);
  let count = 0;
  const failing = failingWrite(parts, () => ++count === at);
  // A checkpoint takes its time, as in a database that is elsewhere.
  const { put } = failing.checkpointer;
  const checkpointer = Object.assign(Object.create(failing.checkpointer) as typeof failing.checkpointer, {
    async put(...args: Parameters<typeof put>) {
      await turns(random(6));
      return await failing.checkpointer.put(...args);
    },
  });
  const recorded = new Set<string>();
  const asked = new Set<string>();
  const repeated: string[] = [];
  const model = jobModel(async (name) => {
    if (recorded.has(name)) repeated.push(name);
    asked.add(name);
    await turns(random(30));
  });
  const onEvent = onRecorded((name) => recorded.add(name));
  const make = () => createRlm({ model, sandbox, limits, store: failing.store, checkpointer, onEvent });
  const rlm = make();
  const first = await rlm.invoke({ query, context }, thread).catch((error: unknown) => {
    expect([at, String(error)]).toEqual([at, expect.stringMatching(/the disk is full$/)]);
  });
  if (failing.failed() === undefined) {
    await Promise.all([rlm.close(), close()]);
    return undefined;
  }
  const other = bySameObject ? rlm : make();
  // Before the first checkpoint there is nothing to go on with.
  const again = first ?? (await other.invoke(null, thread).catch(() => other.invoke({ query, context }, thread)));
  const { complete } = await other.trajectory(again.runId);
  await Promise.all([rlm.close(), other.close()]);
  await close();
  rmSync(path);
  const unasked = everything.filter((name) => !asked.has(name));
  return { answer: again.answer, failed: failing.failed(), complete, repeated, unasked };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}

function dice(start: number): (sides: number) => number {
  let state = start;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * sides);
  };
}
