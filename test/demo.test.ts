import { EventEmitter } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import type { Io } from "rlm-cli";
import type { Model } from "rlm-core";
import { readTrajectory } from "rlm-core/trajectory";
import { offlineModel, type Mentions } from "rlm-tools/offline-model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askPresidents } from "../examples/panama/ask-presidents.ts";
import { descendants, isAlive, startProgram, type Started } from "./start-program.ts";

const home = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "rlm-demo-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("askPresidents()", () => {
  let asked: Asked;
  beforeAll(async () => {
    asked = await askInProcess();
  });

  it("askPresidents() agrees with a plain scan of the files on every president, year and count", () => {
    const found = asked.answer.found.map(({ fields, mentions }) => ({
      name: fields.name,
      year: fields.year,
      mentions,
    }));
    expect(found).toEqual(scan().map(({ name, year, mentions }) => ({ name, year, mentions })));
    expect(found.length).toBeGreaterThan(10);
    expect(asked).toMatchObject({ status: "final", answer: { term: "Panama Canal", missing: 0, texts: 233 } });
  });

  it("askPresidents() quotes the first mention of each address from its text", () => {
    const addresses = scan();
    for (const [index, { first }] of asked.answer.found.entries()) {
      const { text = "", at = -1 } = addresses[index] ?? {};
      const quoted = first.replace(/^… /, "").replace(/ …$/, "");
      const start = text.replace(/\s+/g, " ").indexOf(quoted);
      expect(start).toBeGreaterThanOrEqual(0);
      expect(start).toBeLessThanOrEqual(at);
      expect(quoted.toLowerCase().indexOf("panama canal")).toBe(at - start);
    }
  });

  it("askPresidents() never shows a model more than a small part of the text", () => {
    expect(asked.largestRequest).toBeGreaterThan(1000);
    expect(asked.largestRequest).toBeLessThan(20_000);
  });

  it("askPresidents() gives another answer when the reply to one sub-call is another, and says that it is wrong", async () => {
    const model = offlineModel();
    let subCalls = 0;
    const lying: Model = async (messages, options) => {
      const reply = await model(messages, options);
      if (options.purpose !== "sub" || ++subCalls !== 3) return reply;
      return { ...reply, text: reply.text.replace(/"mentions":(\d+)/, '"mentions":1000') };
    };
    const { answer, code } = await askInProcess(async () => lying);
    expect(subCalls).toBeGreaterThan(3);
    expect(answer.mentions).toBeGreaterThan(1000);
    expect(answer.mentions).not.toBe(asked.answer.mentions);
    expect(code).toBe(1);
  });
});

interface Asked {
  code: number;
  status: string;
  answer: Mentions;
  largestRequest: number;
}

/** The demo's command in this process, its answer as JSON. */
async function askInProcess(openModel?: Io["openModel"]): Promise<Asked> {
  const out = new PassThrough().setEncoding("utf8");
  const io: Io = {
    stdin: new PassThrough(),
    stdout: out,
    stderr: new PassThrough().resume(),
    // A demo asks its stand-in, whatever --model is elsewhere.
    env: { RLM_MODEL: "openai:gpt-5" },
    cwd: folder,
    signals: new EventEmitter(),
    exit: () => {},
    ...(openModel && { openModel }),
  };
  const code = await askPresidents(["--json", "--no-trace"], io);
  return { code, ...(JSON.parse(String(out.read())) as Omit<Asked, "code">) };
}

describe("examples/demo.ts", () => {
  it("demo says first that its model is a stand-in, and ends with the answer, the tokens and the trace", async () => {
    const trace = join(folder, "whole.jsonl");
    const { lines, ended } = start(["--trace", trace]);
    expect(await ended).toBe(0);
    expect(lines[0]).toMatch(/^The model here is an offline stand-in: rules, not a language model\.$/);
    expect(lines).toContainEqual(
      expect.stringMatching(/^“Panama Canal”: 63 mentions in 20 of 233 addresses, by 9 presidents\.$/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^Largest single model request: [\d,]+ tokens, of 2,079,287 in the text\.$/),
    );
    expect(lines).toContain(`Trace: ${trace}`);
    expect(lines.join("\n")).not.toContain("\u001b");
    const { complete, runs } = await readTrajectory(trace);
    expect(complete).toBe(true);
    expect([...runs.values()][0]?.end?.status).toBe("final");
  });

  it.each([
    [["--help"], 0, /^Usage: pnpm demo/],
    [["--fast"], 2, /unknown option '--fast'/],
    [["--delay", "soon"], 2, /'soon' is invalid\. Expected a number of milliseconds/],
    [["--trace", join(folder, "nowhere", "trace.jsonl")], 2, /nowhere/],
    [["--trace", folder], 2, /is there already; give another path/],
    [["--trace", ""], 2, /Expected --trace to be the path of a new file, got ""/],
  ])("demo %j ends with code %i and says why", async (args, code, words) => {
    const { lines, ended } = start(args);
    expect(await ended).toBe(code);
    expect(lines.join("\n")).toMatch(words);
    expect(lines.join("\n")).not.toMatch(/^\s+at /m);
  });

  it.each([
    ["alone", (pid: number) => process.kill(pid, "SIGINT")],
    ["with all its processes, as a terminal does it", (pid: number) => process.kill(-pid, "SIGINT")],
  ])(
    "demo interrupted in the middle (%s) ends within a second, leaves no process, keeps its trace",
    async (name, interrupt) => {
      const trace = join(folder, `${name.slice(0, 5)}.jsonl`);
      const { pid, lines, ended, line } = start(["--trace", trace, "--delay", "700"]);
      await line("sub-calls start");
      const children = descendants(pid);
      expect(children.length).toBeGreaterThan(0);
      const interrupted = performance.now();
      interrupt(pid);
      expect(await ended).toBe(130);
      expect(performance.now() - interrupted).toBeLessThan(1000);
      await expect.poll(() => children.filter(isAlive), { timeout: 1000 }).toEqual([]);
      expect(lines.slice(-2)).toEqual(["Stopped.", `The trace so far: ${trace}`]);
      const { runs } = await readTrajectory(trace);
      const [root] = runs.values();
      expect(root?.journal.map(({ type }) => type)).toEqual(expect.arrayContaining(["reply", "block", "end", "call"]));
      expect(root?.end?.status).toBe("aborted");
    },
  );

  it("demo interrupted before its run ends within a second", async () => {
    const { pid, lines, ended, line } = start(["--trace", join(folder, "early.jsonl"), "--delay", "0"]);
    await line("The model here is an offline stand-in: rules, not a language model.");
    const interrupted = performance.now();
    process.kill(pid, "SIGINT");
    expect(await ended).toBe(130);
    expect(performance.now() - interrupted).toBeLessThan(1000);
    expect(lines.at(-1)).toMatch(/^Stopped\./);
  });
});

/** What the files hold, by other means than the demo's: presidents, years and counts of mentions, and where the first is. */
function scan(): { name: string; year: number; text: string; mentions: number; at: number }[] {
  const files = [1, 2, 3].map((part) => readFileSync(join(home, `examples/data/sotu/sotu-${part}.jsonl`), "utf8"));
  const records = files.join("").split("\n").filter(Boolean);
  return records
    .map((line) => JSON.parse(line) as { name: string; year: number; text: string })
    .map((record) => {
      const text = record.text.replace(/\s+/g, " ");
      const parts = text.toLowerCase().split(/\bpanama canal\b/);
      return { ...record, text, mentions: parts.length - 1, at: parts[0]?.length ?? 0 };
    })
    .filter(({ mentions }) => mentions > 0);
}

/** The demo as a process of its own. */
function start(args: string[]): Started {
  return startProgram("examples/demo.ts", args);
}
