import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RlmEvent } from "./events.ts";
import { textRefOf, type JournalEvent } from "./journal.ts";
import { runLoop, type RlmResult } from "./loop.ts";
import type { ChatMessage, Model, ModelOptions } from "./model.ts";
import type { RlmOptions } from "./options.ts";
import { resumeLoop } from "./resume.ts";
import type { Sandbox } from "./sandbox.ts";
import type { RunStore } from "./store.ts";
import { memoryStore } from "./stores/memory.ts";
import { scriptedSandbox, type Given, type ScriptedStep } from "./testing/scripted-sandbox.ts";
import type { Tool } from "./tool.ts";
import { readTrajectory, trajectoryWriter, type Trajectory } from "./trajectory.ts";
import { canonicalJournal } from "./turns.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-resume-"));
afterAll(() => rmSync(folder, { recursive: true }));
const context = "the whole context ".repeat(100);
const limits = { depth: 2, turns: 3, directBelow: 0 };

/** Counts by what it is asked: a session's turn, a prompt, or a call of the tool. */
function counting(): { model: Model; tool: Tool; asked: string[] } {
  const asked: string[] = [];
  const model = async (messages: ChatMessage[], { purpose, depth }: ModelOptions) => {
    const text = messages.map(({ content }) => content).join("\n");
    const session = depth === 0 ? "root" : (/child-\d/.exec(text)?.[0] ?? "?");
    const turn = messages.filter(({ role }) => role === "assistant").length + 1;
    const name = purpose === "sub" ? text : purpose === "conclude" ? `${session} conclude` : `${session} ${turn}`;
    asked.push(name);
    const usage = { inputTokens: 10, outputTokens: 5 };
    return { text: purpose === "sub" ? `re ${text}` : `\`\`\`repl\nrun("${name}"); FINAL(x)\n\`\`\``, usage };
  };
  const tool: Tool = {
    name: "look",
    description: "",
    parameters: {},
    maxCalls: 1,
    run: async () => (asked.push("tool"), "re tool"),
  };
  return { model: Object.assign(model, { modelName: "counted" }), tool, asked };
}

// The REPL's side of the job: plain calls, children and a tool at once, a block that is rolled back, one that takes a
// result over from it, and a last block at the limit on turns.
const step: ScriptedStep = (given: Given): ScriptedStep => {
  const seen = given.type === "run" ? given.code : given.results.map(({ value }) => value.text).join();
  const child = (query: string) =>
    ({ kind: "rlm", prompt: query, context: { text: `piece of ${query}`, json: false } }) as const;
  if (given.type === "run") {
    if (seen.includes("root 1"))
      return {
        calls: ["sub-1", child("child-1"), "sub-2", child("child-2"), { kind: "tool", name: "look", prompt: "{}" }],
      };
    if (seen.includes("root 2")) return { calls: ["sub-3"] };
    if (seen.includes("root 3")) return { calls: ["sub-3", "sub-4"] };
    if (seen.includes("root 4")) return { answer: "in the fourth turn" };
    if (seen.includes("conclude")) return { calls: ["sub-5"] };
    return { calls: [`${/child-\d/.exec(seen)?.[0]} a`, `${/child-\d/.exec(seen)?.[0]} b`] };
  }
  if (seen.includes("sub-1")) return { output: "printed" };
  if (seen.includes("sub-4")) return { output: "again" };
  if (seen.includes("sub-3")) return { error: { kind: "timeout", message: "too long" }, rolledBack: true };
  if (seen.includes("sub-5")) return { answer: "the answer" };
  return { answer: { found: seen } };
};

function jobSandbox(): Sandbox {
  return scriptedSandbox(Array.from({ length: 10 }, () => Array<ScriptedStep>(20).fill(step)));
}

const everything = [
  "root 1",
  "sub-1",
  "sub-2",
  "tool",
  "root 2",
  "sub-3",
  "root 3",
  "sub-4",
  "root conclude",
  "sub-5",
  ...["child-1", "child-2"].flatMap((child) => [`${child} 1`, `${child} a`, `${child} b`]),
].toSorted();

/** What a trajectory has of that: it may never be asked again. */
function recordedIn({ runs }: Trajectory): string[] {
  const names = [...runs.values()].flatMap(({ start, journal, texts }) => {
    const session = start.depth === 0 ? "root" : start.query;
    let turn = 0;
    return journal.flatMap((event) => {
      if (event.type === "reply") return `${session} ${event.concludes === undefined ? ++turn : "conclude"}`;
      const text = event.type === "result" ? texts.get(event.ref) : undefined;
      return text?.startsWith("re ") === true ? text.slice(3) : [];
    });
  });
  return [...new Set(names)].toSorted();
}

function without(all: readonly string[], some: readonly string[]): string[] {
  return all.filter((name) => !some.includes(name));
}

function copyOf(text: string): string {
  const path = join(folder, "cut.jsonl");
  writeFileSync(path, text, { mode: 0o644 });
  return path;
}

describe("resumeLoop() from a file that was cut", () => {
  const sandbox = jobSandbox();
  let whole: string;
  let undisturbed: RlmResult;
  let journal: unknown[];

  beforeAll(async () => {
    const { model, tool, asked } = counting();
    const path = join(folder, "whole.jsonl");
    const writer = trajectoryWriter(path);
    const options = { model, tools: [tool], limits, onEvent: writer.onEvent };
    undisturbed = await runLoop({ query: "q", context }, options, sandbox);
    await writer.close();
    whole = readFileSync(path, "utf8");
    journal = canonicalJournal((await readTrajectory(path)).runs.get(undisturbed.runId)?.journal ?? []);
    expect(asked.toSorted()).toEqual(everything);
  });

  async function resumed(path: string, options: Partial<RlmOptions> = {}) {
    const counted = counting();
    const events: RlmEvent[] = [];
    const given = { model: counted.model, tools: [counted.tool], onEvent: (event: RlmEvent) => events.push(event) };
    const result = await resumeLoop({ trajectory: path, context }, { ...given, ...options }, sandbox);
    return { result, events, asked: counted.asked.toSorted() };
  }

  it("resumeLoop() from each line, and from the middle of lines, comes to the same and asks what is not recorded alone", async () => {
    const lines = whole.split("\n").slice(0, -1);
    expect(lines.length).toBeGreaterThan(60);
    // All that `run-start` needs: before it there is nothing to resume.
    for (let kept = 2; kept <= lines.length; kept++) {
      const text = lines
        .slice(0, kept)
        .map((line) => `${line}\n`)
        .join("");
      const next = lines[kept] ?? "";
      // Now and then a part of the line that was being written.
      const path = copyOf(text + (kept % 3 === 0 ? next.slice(0, (kept * 37) % (next.length + 1)) : ""));
      const before = await readTrajectory(path);
      const { result, asked } = await resumed(path);
      expect([kept, result.answer, result.status, result.limit, result.runId]).toEqual([
        kept,
        "the answer",
        "concluded",
        "turns",
        undisturbed.runId,
      ]);
      expect([kept, asked]).toEqual([kept, without(everything, recordedIn(before))]);

      const budget = [...before.runs.values()].flatMap((run) => run.budget);
      const paid = budget.filter(({ type }) => type === "reserve").length;
      expect([kept, result.usage.calls]).toEqual([kept, paid + asked.filter((name) => name !== "tool").length]);
      const after = await readTrajectory(path);
      expect(after.complete).toBe(true);
      expect(canonicalJournal(after.runs.get(result.runId)?.journal ?? [])).toEqual(journal);
      expect(after.runs.get(result.runId)?.end?.usage).toEqual(result.usage);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      for (const line of readFileSync(path, "utf8").split("\n").slice(0, -1)) JSON.parse(line);
    }
  });

  it("resumeLoop() of a run that has ended gives the recorded result, writes nothing and calls nothing", async () => {
    const path = copyOf(whole);
    const { result, asked, events } = await resumed(path);
    expect(result).toEqual({ ...undisturbed, usage: result.usage });
    expect(result.usage.calls).toBe(undisturbed.usage.calls);
    expect([asked, events]).toEqual([[], []]);
    expect(readFileSync(path, "utf8")).toBe(whole);
  });

  it("resumeLoop() of a file that holds no run, is none, or is of two, is an InputError", async () => {
    const [header = "", start = ""] = whole.split("\n");
    const second = start.replaceAll(undisturbed.runId, "another");
    for (const [text, words] of [
      [`${header}\n`, "no run has begun in it"],
      ["{}\n", "not a header"],
      [`${[header, start, second].join("\n")}\n`, "it holds 2 runs"],
    ] as const)
      await expect(resumed(copyOf(text))).rejects.toMatchObject({
        code: "bad-input",
        message: expect.stringContaining(words),
      });
    await expect(resumed(join(folder, "none.jsonl"))).rejects.toMatchObject({ code: "bad-input" });
  });

  it("resumeLoop() refuses the file of a further run, which has not the runs before it", async () => {
    const [header = "", start = ""] = whole.split("\n");
    const { runId } = JSON.parse(start) as { runId: string };
    const event = { type: "task", runId, run: 1, query: "q", contexts: [], variables: [] };
    const line = JSON.stringify({ type: "journal", at: 0, runId, depth: 0, turn: 0, index: 0, event });
    const path = copyOf(`${header}\n${start}\n${line}\n`);
    await expect(resumed(path)).rejects.toThrow("resume it by the thread that it belongs to");
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(4);
  });

  it("resumeLoop() names the context, the tool, the kit or the limit that is not what the run had", async () => {
    const path = copyOf(whole.split("\n").slice(0, 10).join("\n"));
    const other = resumeLoop(
      { trajectory: path, context: `${context}!` },
      { model: counting().model, tools: [counting().tool] },
      sandbox,
    );
    await expect(other).rejects.toThrow(
      /Cannot resume the run: its context was "context", a text with 1800 characters.*got "context", a text with 1801/,
    );
    for (const [options, words] of [
      [{ tools: [] }, "the tools of the run were look; got none"],
      [{ limits: { outputChars: 500 } }, "limits.outputChars was 20000 in the run, got 500; leave it out"],
      [{ limits: { depth: 0 } }, "limits.depth was 2 in the run, got 0; leave it out"],
      [{ limits: { calls: 0 } }, "limits.calls"],
      [{ responseFormat: { type: "string" } }, "it is that of the trajectory"],
      [
        { tools: [counting().tool, { name: "kit", description: "", functions: {} }] },
        "the kits of the run were none; got kit",
      ],
    ] as const) {
      const given = options as unknown as Partial<RlmOptions>;
      await expect(resumed(path, given)).rejects.toMatchObject({
        code: "bad-input",
        message: expect.stringContaining(words),
      });
    }
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(10);
  });

  it("resumeLoop() goes on after a failure where it was, with a limit that was raised", async () => {
    const lines = whole.split("\n").slice(0, -1);
    const second = lines.findIndex((line) => line.includes('"type":"reply"') && line.includes("root 3"));
    const path = copyOf(`${lines.slice(0, second).join("\n")}\n`);
    const failing = async (): Promise<never> => Promise.reject(new Error("no such key"));
    await expect(resumed(path, { model: failing })).rejects.toThrow("no such key");
    expect((await readTrajectory(path)).runs.get(undisturbed.runId)?.end).toMatchObject({ status: "failed" });
    const { result, asked } = await resumed(path, { limits: { turns: 4 } });
    expect(result.answer).toBe("in the fourth turn");
    expect(asked).toEqual(["root 3", "root 4", "sub-4"].toSorted());
  });

  it("resumeLoop() warns of another engine and tells listeners what happens from there on", async () => {
    const path = copyOf(whole.replaceAll('"v8":"scripted"', '"v8":"older"').split("\n").slice(0, 20).join("\n"));
    const { events } = await resumed(path);
    expect(events[0]).toMatchObject({
      type: "warning",
      message: expect.stringContaining("V8 scripted, it began with older"),
    });
    expect(events.filter(({ type }) => type === "run-end").at(-1)).toMatchObject({ status: "concluded" });
  });

  it("resumeLoop() refuses a text that was changed", async () => {
    const path = copyOf(whole.replaceAll("re sub-1", "re sub-9").split("\n").slice(0, 45).join("\n"));
    await expect(resumed(path)).rejects.toMatchObject({
      code: "store",
      message: expect.stringContaining("was changed"),
    });
  });
});

describe("resumeLoop() with the store that the run had", () => {
  it("resumeLoop() takes over what the store knows beyond the trajectory, wherever the process ended", async () => {
    let ahead = 0;
    for (let died = 3; died < 60; died++) {
      const sandbox = jobSandbox();
      const store = memoryStore();
      const path = join(folder, `died-${died}.jsonl`);
      const writer = trajectoryWriter(path);
      const { promise: dead, resolve: die } = Promise.withResolvers<void>();
      let appends = 0;
      // What was kept is kept, and nothing comes after.
      const dying: RunStore = {
        ...store,
        append: async (key, entry) => {
          const number = ++appends;
          if (number <= died) await store.append(key, entry);
          if (number < died) return;
          die();
          await new Promise(() => {});
        },
      };
      const first = counting();
      const run = runLoop(
        { query: "q", context },
        { model: first.model, tools: [first.tool], limits, store: dying, onEvent: writer.onEvent },
        sandbox,
      );
      await Promise.race([dead, run]);
      await writer.close();
      const known = await readTrajectory(path);
      for (const [runId, { journal, texts }] of known.runs) {
        const entries = (await store.read(`${runId}/log`)) as { at: number; event: JournalEvent }[];
        for (const { at, event } of entries) {
          if (at !== journal.length) continue;
          ahead++;
          journal.push(event);
          const ref = textRefOf(event);
          if (ref !== undefined) texts.set(ref, await store.get(ref));
        }
      }

      const again = counting();
      const result = await resumeLoop(
        { trajectory: path, context },
        { model: again.model, tools: [again.tool], store },
        sandbox,
      );
      expect([died, result.answer]).toEqual([died, "the answer"]);
      const recorded = recordedIn(known);
      expect([died, again.asked.filter((name) => recorded.includes(name))]).toEqual([died, []]);
      expect([died, result.usage.calls]).toEqual([died, paidOf(await readTrajectory(path))]);
      expect((await readTrajectory(path)).complete).toBe(true);
    }
    // The store did know more, and not only of what had to be asked again.
    expect(ahead).toBeGreaterThan(10);
  });

  it("resumeLoop() of a file that lost more than its store writes one that can be read, with no word of children that never began in it", async () => {
    const sandbox = jobSandbox();
    const store: RunStore = { ...memoryStore(), delete: async () => {} };
    const path = join(folder, "lost.jsonl");
    const writer = trajectoryWriter(path);
    const first = counting();
    const options = { model: first.model, tools: [first.tool], limits, store, onEvent: writer.onEvent };
    await runLoop({ query: "q", context }, options, sandbox);
    await writer.close();
    const lines = readFileSync(path, "utf8").split("\n");
    const child = lines.findIndex((line) => line.includes('"type":"run-start"') && line.includes("child-1"));
    writeFileSync(path, `${lines.slice(0, child).join("\n")}\n`);
    const again = counting();
    const resume = { trajectory: path, context };
    const result = await resumeLoop(resume, { model: again.model, tools: [again.tool], store }, sandbox);
    expect(result.answer).toBe("the answer");
    expect((await readTrajectory(path)).complete).toBe(true);
  });
});

function paidOf({ runs }: Trajectory): number {
  return [...runs.values()].flatMap(({ budget }) => budget).filter(({ type }) => type === "reserve").length;
}
