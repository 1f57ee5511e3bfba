import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalJournal, isolate, runRlm, type Sandbox, type Session } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { readTrajectory, trajectoryWriter } from "rlm-core/trajectory";
import { answers, context, createModel, endKinds, queryAt } from "./hard-job.ts";
import { childPids } from "./scenario.ts";
import { sourceFlags } from "./start-program.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rlm-survival-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The sandbox, and the hash of each session's variables just before it is closed. */
function watched(sandbox: Sandbox, hashes: string[]): Sandbox {
  return {
    v8: sandbox.v8,
    close: () => sandbox.close(),
    async open(options): Promise<Session> {
      const session = await sandbox.open(options);
      const close = session.close.bind(session);
      session.close = async () => {
        hashes.push((await session.inspect()).hash);
        await close();
      };
      return session;
    },
  };
}

describe("a run through everything that can go wrong", () => {
  for (const depth of [0, 1, 2, 3]) {
    it(`runRlm() at depth ${depth} gives the expected answer and journal, and a replay in a fresh process the same variables`, async () => {
      const trace = join(folder, `depth-${depth}.jsonl`);
      const writer = trajectoryWriter(trace);
      const hashes: string[] = [];
      const sandbox = watched(isolate({ warm: 0 }), hashes);
      const model = createModel();
      const result = await runRlm(
        { query: queryAt(depth), context },
        { model, sandbox, onEvent: writer.onEvent, limits: { depth, computeMs: 700 } },
      );
      await writer.close();
      await sandbox.close();
      expect(result).toMatchObject({ status: "final", answer: answers[depth] });
      expect(childPids()).toEqual([]);

      const trajectory = await readTrajectory(trace);
      const [root] = [...trajectory.runs.values()];
      const journal = root?.journal ?? [];
      expect(journal.flatMap((event) => (event.type === "end" ? [event.error?.kind ?? "ok"] : []))).toEqual(endKinds);
      expect(journal.filter(({ type }) => type === "reply")).toHaveLength(8);
      expect(journal.filter(({ type }) => type === "call")).toHaveLength([0, 4, 6, 6][depth] ?? -1);
      expect(canonicalJournal(journal).filter((event) => (event as { ok?: boolean }).ok === false)).toHaveLength(
        depth > 0 ? 1 : 0,
      );

      const asked = model.calls.length;
      await writeFile(join(folder, "context.txt"), context);
      const script = new URL("./replay-trace.ts", import.meta.url).pathname;
      const { stdout } = await promisify(execFile)(process.execPath, [
        ...sourceFlags,
        script,
        trace,
        join(folder, "context.txt"),
      ]);
      const replayed: { hash: string }[] = JSON.parse(stdout);
      expect(replayed.map(({ hash }) => hash).toSorted()).toEqual(hashes.toSorted());
      expect(model.calls).toHaveLength(asked);
    });
  }

  it("replayTrajectory() names the first difference of a trace that was altered, and of another context", async () => {
    const sandbox = isolate({ warm: 0 });
    const text = await readFile(join(folder, "depth-1.jsonl"), "utf8");
    const altered = async (from: string | RegExp, to: string) => {
      const path = join(folder, "altered.jsonl");
      const changed = text.replace(from, to);
      expect(changed).not.toBe(text);
      await writeFile(path, changed);
      return await readTrajectory(path);
    };
    try {
      const otherPrompt = await altered(/("type":"block"[^\n]*?)'one'/, "$1'uno'");
      await expect(replayTrajectory(otherPrompt, { context, sandbox })).rejects.toMatchObject({ code: "replay" });
      const otherOutput = await altered(/("type":"end"[^\n]*?"text":")5/, "$16");
      await expect(replayTrajectory(otherOutput, { context, sandbox })).rejects.toMatchObject({ code: "replay" });
      const otherResult = await altered('"text":"re: one"', '"text":"re: uno"');
      await expect(replayTrajectory(otherResult, { context, sandbox })).rejects.toThrow(
        /was changed, it begins "re: uno"/,
      );
      const trajectory = await readTrajectory(join(folder, "depth-1.jsonl"));
      await expect(replayTrajectory(trajectory, { context: `${context}.`, sandbox })).rejects.toThrow(
        /its context was "context", a text with/,
      );
    } finally {
      await sandbox.close();
    }
  });
});
