// Run by faults.test.ts in a process of its own: begins the job and is struck by a fault at one of its questions, then
// goes on with it when the fault is gone; or only goes on with it.
// program.ts <sqlite | files> <folder> <notes> <at> <fault>: at 0 it goes on with what is there.
// Each question, and each reply that is recorded, is a line of the file `notes`, which no fault reaches.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { isolate, resumeRlm, RlmError, runRlm, type Emit, type RlmResult } from "rlm-core";
import { directoryStore } from "rlm-core/stores/directory";
import { readTrajectory, trajectoryWriter, type Trajectory } from "rlm-core/trajectory";
import { replayTrajectory } from "rlm-core/replay";
import { createRlm } from "rlm-langgraph";
import { sqlite } from "rlm-langgraph/sqlite";
import { context, jobModel, limits, onRecorded, query } from "./job.ts";
import { becomeNobody, faults } from "./strike.ts";

const [driver = "", folder = "", notes = "", at = "", name = ""] = process.argv.slice(2);
if (name.startsWith("read-only")) becomeNobody(folder);
const sandbox = isolate({ warm: 0 });
const fault = faults[name]?.(folder);
const note = (line: string): void => appendFileSync(notes, `${line}\n`);
let asked = 0;
const model = jobModel(async (question) => {
  note(`asked ${question}`);
  if (++asked === Number(at)) await fault?.strike();
});
const onEvent = onRecorded((question) => note(`recorded ${question}`));

interface Way {
  begin(): Promise<RlmResult>;
  goOn(): Promise<RlmResult>;
  trajectory(runId: string): Promise<Trajectory>;
}

async function overSqlite(): Promise<Way> {
  const { store, checkpointer } = await sqlite(join(folder, "runs.sqlite"), { busyMs: 30 });
  const rlm = createRlm({ model, sandbox, limits, store, checkpointer, onEvent });
  const thread = { configurable: { thread_id: "job" } };
  return {
    begin: async () => await rlm.invoke({ query, context }, thread),
    goOn: async () => await rlm.invoke(null, thread),
    trajectory: async (runId) => await rlm.trajectory(runId),
  };
}

function overFiles(): Way {
  const trajectory = join(folder, "run.jsonl");
  const options = { model, sandbox, store: directoryStore(join(folder, "store")) };
  return {
    async begin() {
      const writer = trajectoryWriter(trajectory);
      const both: Emit = (event) => {
        writer.onEvent(event);
        onEvent(event);
      };
      try {
        return await runRlm({ query, context }, { ...options, limits, onEvent: both });
      } finally {
        await writer.close();
      }
    },
    goOn: async () => await resumeRlm({ trajectory, context }, { ...options, onEvent }),
    trajectory: async () => await readTrajectory(trajectory),
  };
}

/** What came of it, as a line that the test reads. */
async function tell(act: () => Promise<RlmResult>): Promise<void> {
  const outcome = await act().then(
    ({ answer, status, runId }) => ({ answer, status, runId }),
    (error: unknown) =>
      error instanceof RlmError ? { code: error.code, error: error.message } : { thrown: String(error) },
  );
  note("told");
  console.log(JSON.stringify(outcome));
}

let opened: Promise<Way> | undefined;
const way = async (): Promise<Way> =>
  await (opened ??= driver === "sqlite" ? overSqlite() : Promise.resolve(overFiles()));
try {
  if (Number(at) > 0) {
    await tell(async () => await (await way()).begin());
    // Once more while it lasts: it is told again, and nothing is lost by it.
    await tell(async () => await (await way()).goOn());
    await fault?.lift();
  }
  await tell(async () => {
    const { goOn, trajectory: read } = await way();
    const result = await goOn();
    const trajectory = await read(result.runId);
    const sessions = await replayTrajectory(trajectory, { context, sandbox });
    return { ...result, runId: `${trajectory.complete ? "whole" : "cut"} ${sessions.length}` };
  });
} finally {
  if (Number(at) > 0) await fault?.lift();
  await sandbox.close();
}
