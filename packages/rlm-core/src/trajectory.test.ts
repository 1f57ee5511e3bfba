import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RlmEvent } from "./events.ts";
import { contextContent } from "./file-ref.ts";
import { sha256 } from "./hash.ts";
import { noUsage } from "./usage.ts";
import { readTrajectory, trajectoryWriter } from "./trajectory.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rlm-trajectory-"));
  path = join(folder, "run.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const limits = { promptChars: 1000, outputChars: 1000, computeMs: 1000, heapMb: 64, answerChars: 1000 };
const place = { runId: "r", depth: 0 };
const start: RlmEvent = {
  type: "run-start",
  ...place,
  repl: {
    queries: true,
    tools: ["lookup"],
    kits: [{ name: "decompose", functions: { lines: "(text) => text.split('\\n')" } }],
    limits,
  },
  state: {
    task: {
      query: "Who?",
      contexts: [
        { name: "context", kind: "string", length: 11, ref: `sha256:${sha256("SECRET TEXT")}`, prefix: "SECRET TEXT" },
        {
          name: "rows",
          kind: "array",
          length: 11,
          items: 1,
          ref: `file:${JSON.stringify({ path: "/home/me/SECRET.txt", size: 11, sha256: sha256("SECRET TEXT") })}`,
          prefix: "SECRET TEXT",
        },
      ],
      responseFormat: { type: "string" },
    },
    journal: [],
    pending: [],
    usage: noUsage,
    seed: 7,
    startedAt: 1000,
    depth: 0,
    versions: { schema: 1, v8: "13.6" },
  },
};
const childStart: RlmEvent = { ...start, runId: "r/1.1", depth: 1, parent: { runId: "r", turn: 1, id: 1 } };
const events: RlmEvent[] = [
  start,
  { type: "turn-start", ...place, turn: 1 },
  {
    type: "journal",
    ...place,
    turn: 1,
    index: 0,
    event: {
      type: "reply",
      text: "```repl\nask()\n```",
      left: { turn: 1, turns: 30, calls: null },
      usage: { inputTokens: 1, outputTokens: 2 },
      model: "m",
    },
  },
  { type: "journal", ...place, turn: 1, index: 1, event: { type: "block", code: "ask()", clock: 5 } },
  { type: "journal", ...place, turn: 1, index: 2, event: { type: "call", id: 1, kind: "rlm", hash: "h" } },
  { type: "query-start", ...place, turn: 1, id: 1, kind: "rlm", label: "SECRET" },
  childStart,
  {
    type: "run-end",
    runId: "r/1.1",
    depth: 1,
    status: "concluded",
    limit: "turns",
    text: "child's answer",
    usage: noUsage,
  },
  {
    type: "query-end",
    ...place,
    turn: 1,
    id: 1,
    kind: "rlm",
    ok: true,
    usage: { inputTokens: 3, outputTokens: 4 },
    model: "m",
  },
  {
    type: "journal",
    ...place,
    turn: 1,
    index: 3,
    event: { type: "result", id: 1, hash: "h", ok: true, ref: "sha256:1", json: false, delivery: 1 },
    text: "half \ud83c and \u2028 line",
  },
  { type: "warning", ...place, message: "another V8" },
  {
    type: "journal",
    ...place,
    turn: 1,
    index: 4,
    event: { type: "end", output: { text: "", chars: 0 }, answer: { ref: "sha256:2", json: true }, computeMs: 3 },
    text: '"answer"',
  },
  { type: "run-end", ...place, status: "final", text: '"answer"', usage: noUsage },
];

function writeAll(list: RlmEvent[] = events): void {
  const writer = trajectoryWriter(path, { now: () => 42, overwrite: true });
  for (const event of list) writer.onEvent(event);
  void writer.close();
}

describe("readTrajectory() of a run that went on elsewhere", () => {
  const journalled = events.flatMap((event) => (event.type === "journal" ? [event] : []));
  const journal = journalled.map(({ event }) => event);

  it("readTrajectory() takes what is told again for the same, wherever it stands", async () => {
    writeAll([...events, start, ...journalled, childStart]);
    const { runs } = await readTrajectory(path);
    expect([...runs.keys()]).toEqual(["r", "r/1.1"]);
    expect(runs.get("r")?.journal).toEqual(journal);
    expect(runs.get("r/1.1")?.end?.text).toBe("child's answer");
  });

  it("readTrajectory() gives a further run the contexts of all runs, and neither their text nor where they are", async () => {
    if (start.type !== "run-start") throw new TypeError("no start");
    const { state } = start;
    const [first, rows] = state.task.contexts;
    if (first === undefined || rows === undefined) throw new TypeError("no contexts");
    const task = {
      type: "task" as const,
      runId: "r",
      run: 1,
      query: "And who else?",
      contexts: [contextContent(rows)],
      variables: [],
    };
    const further = { query: task.query, contexts: [rows] };
    const earlier = [{ query: "Who?", contexts: [first] }];
    const begun: RlmEvent = { ...start, state: { ...state, task: further, earlier, journal: [task] } };
    writeAll([begun, { ...place, type: "journal", turn: 0, index: 0, event: task }]);
    const read = (await readTrajectory(path)).runs.get("r");
    expect(read?.start.contexts.map(({ name, run }) => [name, run])).toEqual([
      ["context", undefined],
      ["rows", 1],
    ]);
    expect([read?.start.query, read?.journal]).toEqual([task.query, [task]]);
    expect(readFileSync(path, "utf8")).not.toMatch(/SECRET/);
  });

  it("readTrajectory() lets a different event cut off what stood from its place on", async () => {
    const other: RlmEvent = {
      ...place,
      type: "journal",
      turn: 1,
      index: 1,
      event: { type: "block", code: "2", clock: 6 },
    };
    writeAll([...events, ...journalled.slice(0, 1), other]);
    const { runs, complete } = await readTrajectory(path);
    expect(runs.get("r")?.journal).toEqual([journal[0], other.event]);
    // With it go the calls that were made there, their child, and an end that was not the last.
    expect([...runs.keys()]).toEqual(["r"]);
    expect([runs.get("r")?.queries, runs.get("r")?.end, complete]).toEqual([[], undefined, false]);
  });

  it("readTrajectory() counts events without a place up, and says where lines are missing", async () => {
    writeAll([start, ...journalled.map((event) => ({ ...event, index: undefined as unknown as number }))]);
    expect((await readTrajectory(path)).runs.get("r")?.journal).toEqual(journal);
    writeAll([start, ...journalled.slice(0, 2), ...journalled.slice(3)]);
    await expect(readTrajectory(path)).rejects.toThrow(
      /line 5 is event 4 of run r, and 2 stand before it: lines are missing/,
    );
  });

  it("readTrajectory() gives the entries of the budget to the session that asked", async () => {
    const entry = { type: "release", id: "x", runId: "r/1.1", activeMs: 4 } as const;
    writeAll([...events, { type: "budget", runId: "r/1.1", depth: 1, entry }]);
    const { runs } = await readTrajectory(path);
    expect([runs.get("r/1.1")?.budget, runs.get("r")?.budget]).toEqual([[entry], []]);
  });
});

describe("trajectoryWriter()", () => {
  it("trajectoryWriter() writes what readTrajectory() reads: starts, journals and texts of every session", async () => {
    writeAll();
    const { header, runs, complete } = await readTrajectory(path);
    expect(header).toEqual({ type: "rlm-trajectory", version: 1, createdAt: 42 });
    expect(complete).toBe(true);
    expect([...runs.keys()]).toEqual(["r", "r/1.1"]);
    const root = runs.get("r");
    expect(root?.start).toEqual({
      type: "run-start",
      at: 42,
      ...place,
      query: "Who?",
      contexts: [
        { name: "context", kind: "string", length: 11, hash: `sha256:${sha256("SECRET TEXT")}` },
        { name: "rows", kind: "array", length: 11, items: 1, hash: `sha256:${sha256("SECRET TEXT")}` },
      ],
      responseFormat: { type: "string" },
      seed: 7,
      startedAt: 1000,
      versions: { schema: 1, v8: "13.6" },
      repl: start.repl,
    });
    expect(root?.journal).toEqual(events.flatMap((event) => (event.type === "journal" ? [event.event] : [])));
    expect(root?.texts).toEqual(
      new Map([
        ["sha256:1", "half \ud83c and \u2028 line"],
        ["sha256:2", '"answer"'],
      ]),
    );
    expect(root?.queries).toEqual([
      {
        type: "query",
        at: 42,
        ...place,
        turn: 1,
        id: 1,
        kind: "rlm",
        ok: true,
        usage: { inputTokens: 3, outputTokens: 4 },
        model: "m",
      },
    ]);
    expect(root?.warnings).toEqual(["another V8"]);
    expect(root?.end).toMatchObject({ status: "final", text: '"answer"' });
    expect(runs.get("r/1.1")).toMatchObject({
      start: { parent: { runId: "r", turn: 1, id: 1 } },
      end: { status: "concluded", limit: "turns" },
    });
  });

  it("trajectoryWriter() writes no text, first characters or path of a context", () => {
    writeAll();
    expect(readFileSync(path, "utf8")).not.toContain("SECRET");
  });

  it("trajectoryWriter() has each line in the file before onEvent returns, for its owner alone", () => {
    const writer = trajectoryWriter(path);
    expect(lines()).toHaveLength(1);
    writer.onEvent(start);
    expect(lines()).toHaveLength(2);
    expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
    void writer.close();
  });

  it("close() may be called twice, and what happens later is not written", async () => {
    const writer = trajectoryWriter(path);
    await writer.close();
    await writer.close();
    writer.onEvent(start);
    expect(lines()).toHaveLength(1);
  });

  it("trajectoryWriter() keeps a file that is there, unless told to overwrite it", () => {
    writeFileSync(path, "earlier");
    chmodSync(path, 0o644);
    expect(() => trajectoryWriter(path)).toThrow(
      `Cannot write the trajectory to ${path}: there is such a file already; give another path, or overwrite: true`,
    );
    expect(readFileSync(path, "utf8")).toBe("earlier");
    void trajectoryWriter(path, { overwrite: true }).close();
    expect(lines()).toHaveLength(1);
    expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
  });

  it("trajectoryWriter() in a folder that is not there, or at a folder, is an InputError", () => {
    expect(() => trajectoryWriter(join(folder, "none", "run.jsonl"))).toThrow(
      "its folder does not exist; make it first",
    );
    expect(() => trajectoryWriter(folder, { overwrite: true })).toThrow("it is a folder");
    expect(() => trajectoryWriter("")).toThrow(expect.objectContaining({ code: "bad-input" }));
  });

  it("onEvent() on a full disk throws one RlmError, and the file stays readable", async () => {
    // The system's limit of file sizes stands for a full disk.
    const program = `
      import { trajectoryWriter } from ${JSON.stringify(import.meta.resolve("./trajectory.ts"))};
      const [path, event] = process.argv.slice(1);
      const writer = trajectoryWriter(path);
      const errors = [];
      for (let n = 0; n < 100; n += 1) try { writer.onEvent(JSON.parse(event)); } catch (error) { errors.push(error.code + " " + error.message); }
      await writer.close();
      console.log(JSON.stringify(errors));`;
    const script = 'ulimit -f 16; exec "$0" --input-type=module -e "$@"';
    const printed = execFileSync("sh", ["-c", script, process.execPath, program, path, JSON.stringify(start)], {
      encoding: "utf8",
    });
    expect(JSON.parse(printed)).toEqual([
      expect.stringMatching(
        /^store Cannot write the trajectory .*run\.jsonl: .*EFBIG.*; all lines before this one are kept; raise that limit .*, then go on with the run from it$/,
      ),
    ]);
    expect(readFileSync(path, "utf8").endsWith("}\n")).toBe(true);
    expect((await readTrajectory(path)).runs.size).toBe(1);
  });
});

describe("readTrajectory()", () => {
  it("readTrajectory() of a file cut at any byte gives the lines before it", async () => {
    writeAll();
    const whole = readFileSync(path);
    const ends = [...whole.entries()].flatMap(([at, byte]) => (byte === 10 ? [at + 1] : []));
    for (let cut = ends[0] ?? 0; cut < whole.length; cut += 13) {
      writeFileSync(path, whole.subarray(0, cut));
      const { runs, complete } = await readTrajectory(path);
      expect(complete).toBe(false);
      expect(runs.size > 0).toBe(cut >= (ends[1] ?? 0));
    }
  });

  it("readTrajectory() refuses a version that it does not know, and says which", async () => {
    writeFileSync(path, '{"type":"rlm-trajectory","version":2,"createdAt":1}\n');
    await expect(readTrajectory(path)).rejects.toThrow(
      `Cannot read trajectory ${path}: it has version 2 and this code knows version 1; read it with the rlm-core that wrote it`,
    );
  });

  it("readTrajectory() of something else is an InputError", async () => {
    for (const text of ["", "no line end", "text\n", '{"type":"other"}\n']) {
      writeFileSync(path, text);
      await expect(readTrajectory(path)).rejects.toMatchObject({ code: "bad-input" });
    }
    await expect(readTrajectory(join(folder, "none"))).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("ENOENT"),
    });
  });

  it("readTrajectory() names a damaged line", async () => {
    for (const damage of ["{", '{"type":"journal","runId":"r"}', "null"]) {
      writeAll([start]);
      appendFileSync(path, `${damage}\n`);
      await expect(readTrajectory(path)).rejects.toMatchObject({
        code: "store",
        message: `Cannot read trajectory ${path}: line 3 is damaged`,
      });
    }
    writeAll([start]);
    appendFileSync(path, '{"type":"warning","runId":"other","message":""}\n');
    await expect(readTrajectory(path)).rejects.toThrow("line 3 belongs to a run that did not start before");
  });

  it("readTrajectory() leaves out line types that came later", async () => {
    writeAll([start]);
    appendFileSync(path, '{"type":"something-new","runId":"r"}\n');
    expect((await readTrajectory(path)).runs.size).toBe(1);
  });
});

function lines(): string[] {
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}
