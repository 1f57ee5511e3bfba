import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runLoop } from "./loop.ts";
import type { Model } from "./model.ts";
import type { RlmOptions } from "./options.ts";
import { resumeLoop } from "./resume.ts";
import { directoryStore } from "./stores/directory.ts";
import { scriptedSandbox, type ScriptedStep } from "./testing/scripted-sandbox.ts";
import { readTrajectory, trajectoryWriter } from "./trajectory.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-resume-limits-"));
afterAll(() => rmSync(folder, { recursive: true }));
const context = "the whole context ".repeat(100);

function asking(): { model: Model; asked: string[] } {
  const asked: string[] = [];
  const model: Model = async (_, { purpose }) => {
    asked.push(purpose);
    const text = purpose === "conclude" ? "what there is" : "```repl\ngo()\n```";
    return { text, usage: { inputTokens: 500, outputTokens: 5 } };
  };
  return { model: Object.assign(model, { modelName: "m" }), asked };
}

/** A run that writes to a file of this name. */
async function traced(name: string, options: RlmOptions, script: readonly ScriptedStep[]) {
  const path = join(folder, name);
  const { onEvent, close } = trajectoryWriter(path);
  const result = await runLoop({ query: "q", context }, { ...options, onEvent }, scriptedSandbox([script])).catch(
    (error: unknown) => error,
  );
  await close();
  return { path, result };
}

describe("resumeLoop() and limits", () => {
  const script: ScriptedStep[] = [
    { calls: ["x".repeat(40_000)] },
    { output: "printed" },
    { answer: "of another turn" },
  ];
  const limits = { tokens: 11_000, maxOutputTokens: 500, directBelow: 0 };

  it("resumeLoop() concludes as the undisturbed run did where a limit had refused a call, wherever it was cut", async () => {
    const { path, result } = await traced("refused", { model: asking().model, limits }, script);
    expect(result).toMatchObject({ status: "concluded", limit: "tokens", answer: "what there is" });
    const lines = readFileSync(path, "utf8").split("\n");
    const end = lines.findIndex((line) => line.includes('"type":"end"'));
    expect(lines[end - 1]).toContain('"limit":"tokens"');
    for (let kept = 2; kept < lines.length; kept++) {
      const cut = join(folder, "cut");
      writeFileSync(cut, `${lines.slice(0, kept).join("\n")}\n`);
      const { model, asked } = asking();
      const resumed = await resumeLoop({ trajectory: cut, context }, { model }, scriptedSandbox([script]));
      expect([kept, resumed]).toMatchObject([kept, { status: "concluded", limit: "tokens", answer: "what there is" }]);
      expect(asked.filter((purpose) => purpose === "root").length).toBeLessThanOrEqual(1);
    }
    // A limit that is raised refuses no more.
    const raised = join(folder, "raised");
    writeFileSync(raised, `${lines.slice(0, end + 1).join("\n")}\n`);
    const options = { model: asking().model, limits: { tokens: 1_000_000 } };
    const result2 = await resumeLoop({ trajectory: raised, context }, options, scriptedSandbox([script]));
    expect(result2).toMatchObject({ status: "final", answer: "of another turn" });
  });

  it("resumeLoop() keeps a limit that an earlier resume had raised, and does not take another depth", async () => {
    const turns: ScriptedStep[] = [
      ...Array.from({ length: 5 }, () => ({ output: "printed" })),
      { answer: "sixth turn" },
    ];
    const stop = { after: 2, now: new AbortController() };
    const model: Model = async (_, { purpose, signal }) => {
      if (stop.after-- === 0) stop.now.abort(new Error("cut off"));
      signal.throwIfAborted();
      const text = purpose === "conclude" ? "what there is" : "```repl\ngo()\n```";
      return { text, usage: { inputTokens: 5, outputTokens: 5 } };
    };
    const named = Object.assign(model, { modelName: "m" });
    const given = { model: named, limits: { turns: 3, directBelow: 0 } };
    const { path } = await traced("twice", { ...given, signal: stop.now.signal }, turns);
    const again = async (options: Partial<RlmOptions>) =>
      await resumeLoop({ trajectory: path, context }, { model: named, ...options }, scriptedSandbox([turns]));
    await expect(again({ limits: { depth: 2 } })).rejects.toThrow("limits.depth was 1 in the run, got 2; leave it out");
    Object.assign(stop, { after: 2, now: new AbortController() });
    await expect(again({ limits: { turns: 9 }, signal: stop.now.signal })).rejects.toThrow("cut off");
    expect(await again({})).toMatchObject({ status: "final", answer: "sixth turn" });
    const [root] = (await readTrajectory(path)).runs.values();
    expect(root?.start.limits?.turns).toBe(9);
  });

  it("resumeLoop() does not ask again for a direct answer that a durable store holds, and a person was asked about", async () => {
    const store = directoryStore(join(folder, "store"));
    const asked: string[] = [];
    const model: Model = async (_, { purpose }) => {
      asked.push(purpose);
      return { text: "short", usage: { inputTokens: 1, outputTokens: 1 } };
    };
    const stop = new AbortController();
    const reviewed = { model: Object.assign(model, { modelName: "m" }), store, review: ["answer"] as const };
    const approve = (): Promise<never> => {
      stop.abort(new Error("killed"));
      return new Promise(() => {});
    };
    const { path, result } = await traced("direct", { ...reviewed, approve, signal: stop.signal }, []);
    expect(String(result)).toContain("killed");
    const options = { ...reviewed, approve: () => true };
    const resumed = await resumeLoop({ trajectory: path, context }, options, scriptedSandbox([[]]));
    expect([resumed.answer, asked]).toEqual(["short", ["direct"]]);
  });
});
