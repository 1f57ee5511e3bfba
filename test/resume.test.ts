import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isolate, resumeRlm, runRlm, type Model, type Tool } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { readTrajectory, trajectoryWriter } from "rlm-core/trajectory";
import { context, everything, jobAnswer, jobLimits, paidIn, recordedIn, replyTo } from "./resume-job.ts";
import { groupOf, startProgram } from "./start-program.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-resume-"));
const sandbox = isolate();
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

describe("resumeRlm() after SIGKILL", () => {
  it("resumeRlm() in another process asks nothing that the killed ones had recorded, however often they are killed", async () => {
    const trajectory = join(folder, "killed.jsonl");
    const counts = join(folder, "counts");
    let known: string[] = [];
    let paid = 0;
    for (let process = 0; ; process++) {
      // Each of them comes a little further: the third question after all that is recorded is never answered.
      expect(process).toBeLessThan(20);
      writeFileSync(counts, "");
      const program = startProgram("test/resume-program.ts", [
        process === 0 ? "begin" : "resume",
        trajectory,
        counts,
        "3",
      ]);
      const hangs = await Promise.race([program.line("hangs").then(() => true), program.ended.then(() => false)]);
      if (hangs) globalThis.process.kill(program.pid, "SIGKILL");
      await program.ended;
      const asked = readFileSync(counts, "utf8").split("\n").slice(0, -1);
      expect(asked.filter((name) => known.includes(name))).toEqual([]);
      // No process of the sandbox outlives it.
      await vi.waitFor(() => expect(groupOf(program.pid)).toEqual([]), { timeout: 10_000 });
      const after = await readTrajectory(trajectory);
      if (!hangs) {
        const [, ended = ""] = /^ended (.*)$/m.exec(program.lines.join("\n")) ?? [];
        expect(JSON.parse(ended)).toEqual({ answer: jobAnswer, status: "concluded", calls: paidIn(after) });
        expect(recordedIn(after)).toEqual(everything);
        expect(process).toBeGreaterThan(3);
        // What was asked twice was in flight when a process was killed, and is paid twice.
        expect(paid + asked.filter((name) => name !== "tool").length).toBe(paidIn(after));
        return;
      }
      paid = paidIn(after);
      known = recordedIn(after);
    }
  }, 120_000);
});

describe("resumeRlm() from a file that was cut, with the real sandbox", () => {
  let lines: string[];

  function counting(): { model: Model; tools: Tool[]; asked: string[] } {
    const asked: string[] = [];
    const model: Model = async (messages, options) => {
      const { name, text } = replyTo(messages, options);
      asked.push(name);
      return { text, usage: { inputTokens: 10, outputTokens: 5 } };
    };
    const run = async (): Promise<string> => (asked.push("tool"), "looked");
    return { model, tools: [{ name: "look", description: "", parameters: {}, maxCalls: 1, run }], asked };
  }

  beforeAll(async () => {
    const { asked, ...options } = counting();
    const path = join(folder, "whole.jsonl");
    const writer = trajectoryWriter(path);
    const { answer } = await runRlm(
      { query: "q", context },
      { ...options, limits: jobLimits, sandbox, onEvent: writer.onEvent },
    );
    await writer.close();
    expect([answer, asked.toSorted()]).toEqual([jobAnswer, everything]);
    lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  });

  it("resumeRlm() comes to the same answer, asks what is not recorded alone, and its trajectory replays", async () => {
    for (let kept = 2; kept < lines.length; kept += 5) {
      const path = join(folder, "cut.jsonl");
      const half = (lines[kept] ?? "").slice(0, 40);
      writeFileSync(path, `${lines.slice(0, kept).join("\n")}\n${kept % 2 === 0 ? half : ""}`);
      const before = recordedIn(await readTrajectory(path));
      const { asked, ...options } = counting();
      const { answer } = await resumeRlm({ trajectory: path, context }, { ...options, sandbox });
      expect([kept, answer]).toEqual([kept, jobAnswer]);
      expect([kept, asked.toSorted()]).toEqual([kept, everything.filter((name) => !before.includes(name))]);
      if (kept % 3 === 0) await replayTrajectory(await readTrajectory(path), { context, sandbox });
    }
  }, 120_000);
});
