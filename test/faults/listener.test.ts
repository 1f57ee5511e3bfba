import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isolate, type Emit, type RlmEvent } from "rlm-core";
import { readTrajectory, trajectoryWriter } from "rlm-core/trajectory";
import { createRlm } from "rlm-langgraph";
import { sqlite } from "rlm-langgraph/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { startProgram } from "../start-program.ts";
import { answer, context, jobModel, limits, onRecorded, query } from "./job.ts";
import { judge } from "./judge.ts";
import { mountDisk } from "./mount-disk.ts";
import { faults } from "./strike.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-listener-"));
const disk = mountDisk(join(folder, "disk"));
const sandbox = isolate({ warm: 0 });
afterAll(async () => {
  await sandbox.close();
  disk?.unmount();
  rmSync(folder, { recursive: true });
});

const broken = new Error("the listener has had enough");

/** Runs the job with a listener of its own until that fails it, closes the database, and goes on in another process. */
async function failAndGoOn(name: string, listener: Emit, message: RegExp): Promise<unknown> {
  const own = join(folder, name);
  mkdirSync(own);
  const path = join(own, "runs.sqlite");
  const notes = join(folder, `${name}.notes`);
  const note = (line: string): void => appendFileSync(notes, `${line}\n`);
  const { store, checkpointer, close } = await sqlite(path);
  const record = onRecorded((question) => note(`recorded ${question}`));
  const onEvent: Emit = (event) => {
    record(event);
    return listener(event);
  };
  const model = jobModel((question) => note(`asked ${question}`));
  const rlm = createRlm({ model, sandbox, limits, store, checkpointer, onEvent });
  await expect(rlm.invoke({ query, context }, { configurable: { thread_id: "job" } })).rejects.toThrow(message);
  // What is kept is in the log beside the database as yet.
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
  await rlm.close();
  await close();
  // SQLite takes the log away with the last connection.
  expect(readdirSync(own)).toEqual(["runs.sqlite"]);
  const database = new DatabaseSync(path, { readOnly: true });
  expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  database.close();
  const next = startProgram("test/faults/program.ts", ["sqlite", own, notes, "0", ""]);
  await next.ended;
  return { told: next.lines, ...judge(readFileSync(notes, "utf8").trimEnd().split("\n")) };
}

const wentOn = { told: [JSON.stringify({ answer, status: "final", runId: "whole 3" })], repeated: [], unasked: [] };

describe("a run over SQLite whose listener fails", () => {
  const places: [string, (event: RlmEvent) => boolean][] = [
    ["a-block", (event) => event.type === "journal" && event.turn === 2 && event.event.type === "block"],
    ["a-result-of-a-child", (event) => event.type === "journal" && event.depth === 1 && event.event.type === "result"],
    ["an-entry-of-the-budget", ({ type, depth }) => type === "budget" && depth === 1],
    ["the-end-of-a-child", ({ type, depth }) => type === "run-end" && depth === 1],
  ];
  for (const [name, isIt] of places) {
    it(`rlm.invoke() ends with what it throws at ${name}, the database is whole and closed, and the next process goes on`, async () => {
      const listener: Emit = (event) => {
        if (isIt(event)) throw broken;
      };
      expect(await failAndGoOn(name, listener, /^the listener has had enough$/)).toEqual(wentOn);
    });
  }

  it("rlm.invoke() does so with what it rejects with", async () => {
    const isIt = places[0]![1];
    const listener = (async (event: RlmEvent) => {
      if (isIt(event)) throw broken;
    }) as unknown as Emit;
    expect(await failAndGoOn("rejects", listener, /^the listener has had enough$/)).toEqual(wentOn);
  });

  it.skipIf(disk === undefined)(
    `rlm.invoke() does so where its trajectory is on a disk that is full${disk === undefined ? " (skipped: this user may not mount a disk)" : ""}`,
    async () => {
      const at = disk?.path ?? "";
      const trace = join(at, "run.jsonl");
      const writer = trajectoryWriter(trace);
      const full = faults["full-disk"]?.(at);
      const listener: Emit = (event) => {
        if (event.type === "journal" && event.depth === 1) void full?.strike();
        writer.onEvent(event);
      };
      expect(await failAndGoOn("full", listener, /^Cannot write the trajectory .*: the disk is full/)).toEqual(wentOn);
      await writer.close();
      await full?.lift();
      expect((await readTrajectory(trace)).complete).toBe(false);
    },
  );
});
