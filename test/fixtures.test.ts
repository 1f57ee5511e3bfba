import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { file, isolate, resumeRlm, type ContextInput, type Model } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { readTrajectory, type TrajectoryLine } from "rlm-core/trajectory";
import { fixtureJobs } from "./fixture-jobs.ts";

const fixtures = join(import.meta.dirname, "fixtures");
const folder = mkdtempSync(join(tmpdir(), "rlm-fixtures-"));
const sandbox = isolate();
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

interface Expected {
  answer: unknown;
  sessions: { hash: string; variables: string[] }[];
}

/** Every trajectory of every version that is kept. */
const kept = readdirSync(fixtures).flatMap((version) =>
  readdirSync(join(fixtures, version)).flatMap((name) => {
    const [, fixture] = /^(.*)\.expected\.json$/.exec(name) ?? [];
    return fixture === undefined ? [] : [{ version, fixture, path: join(fixtures, version, fixture) }];
  }),
);

function contextOf(path: string): ContextInput {
  const rows = `${path}.context.jsonl`;
  return readdirSync(join(path, "..")).includes(rows.slice(rows.lastIndexOf("/") + 1))
    ? file(rows, { format: "jsonl" })
    : readFileSync(`${path}.context.txt`, "utf8");
}

const untouched: Model = () => Promise.reject(new Error("was asked"));

describe("trajectories of every version", () => {
  it("has one for each job", () => {
    expect(kept.map(({ fixture }) => fixture).toSorted()).toEqual(fixtureJobs.map(({ name }) => name).toSorted());
  });

  it.each(kept)("replayTrajectory() of $version/$fixture comes to the recorded variables", async ({ path }) => {
    const { sessions } = JSON.parse(readFileSync(`${path}.expected.json`, "utf8")) as Expected;
    const trajectory = await readTrajectory(`${path}.jsonl`);
    const replayed = await replayTrajectory(trajectory, { context: contextOf(path), sandbox });
    expect(replayed.map(({ hash, variables }) => ({ hash, variables: variables.map(({ name }) => name) }))).toEqual(
      sessions,
    );
    expect(trajectory.complete).toBe(true);
  });

  it.each(kept)(
    "resumeRlm() of $version/$fixture gives its answer, or goes on where it failed",
    async ({ path, fixture }) => {
      const { answer } = JSON.parse(readFileSync(`${path}.expected.json`, "utf8")) as Expected;
      const trajectory = join(folder, "resumed.jsonl");
      copyFileSync(`${path}.jsonl`, trajectory);
      const { tools = [] } = fixtureJobs.find(({ name }) => name === fixture) ?? {};
      const resumed = resumeRlm({ trajectory, context: contextOf(path) }, { model: untouched, tools, sandbox });
      if (typeof answer === "string") expect((await resumed).answer).toBe(answer);
      else await expect(resumed).rejects.toThrow("was asked");
    },
  );
});

type Line = TrajectoryLine & Record<string, unknown>;

/** A fixture with its lines changed. */
async function altered(fixture: string, change: (lines: Line[]) => Line[]) {
  const path = join(fixtures, "v1", fixture);
  const [header = "", ...lines] = readFileSync(`${path}.jsonl`, "utf8").split("\n").slice(0, -1);
  const changed = change(lines.map((line) => JSON.parse(line) as Line)).map((line) => JSON.stringify(line));
  expect(changed).not.toEqual(lines);
  const trace = join(folder, "altered.jsonl");
  writeFileSync(trace, `${[header, ...changed].join("\n")}\n`);
  return { trajectory: await readTrajectory(trace), context: contextOf(path) };
}

function journalLine(line: Line, type: string, where = ""): boolean {
  return line.type === "journal" && line.event.type === type && JSON.stringify(line).includes(where);
}

/** The first line that fits, changed in its text. */
function replace(pick: (line: Line) => boolean, from: string, to: string): (lines: Line[]) => Line[] {
  return (lines) => {
    const at = lines.findIndex(pick);
    return lines.with(at, JSON.parse(JSON.stringify(lines[at]).replaceAll(from, to)) as Line);
  };
}

/** Everywhere, as one who covers their traces. */
function replaceAll(from: string, to: string): (lines: Line[]) => Line[] {
  return (lines) => lines.map((line) => JSON.parse(JSON.stringify(line).replaceAll(from, to)) as Line);
}

/** Two results of one block in the other order, each where the other stood; with the numbers of their deliveries, or without. */
function swapped(deliveries: boolean): (lines: Line[]) => Line[] {
  return (lines) => {
    const [a = -1, b = -1] = lines.flatMap((line, at) => (journalLine(line, "result") ? [at] : []));
    const [one, two] = [lines[a], lines[b]];
    if (one?.type !== "journal" || two?.type !== "journal") throw new Error("expected two results");
    if (one.event.type !== "result" || two.event.type !== "result") throw new Error("expected two results");
    const { delivery: first } = one.event;
    const { delivery: second } = two.event;
    const [here, there] = deliveries ? [first, second] : [second, first];
    return lines
      .with(a, { ...two, index: one.index, event: { ...two.event, delivery: here } })
      .with(b, { ...one, index: two.index, event: { ...one.event, delivery: there } });
  };
}

describe("replayTrajectory() of a trajectory that was changed", () => {
  const cases: [what: string, fixture: string, change: (lines: Line[]) => Line[], words: RegExp][] = [
    [
      "code",
      "depth-0",
      replace((line) => journalLine(line, "block"), "Math.random()", "Math.random( )"),
      /block 1 \(turn 1\) is not the code of its reply/,
    ],
    ["code and its reply", "depth-0", replaceAll("Math.random()", "Math.random( )"), /its end tells the digest/],
    [
      "code that prints something else",
      "depth-0",
      replaceAll("split(' ')", "split('x')"),
      /block 1: its output differs at character/,
    ],
    [
      "the clock",
      "depth-0",
      replace((line) => journalLine(line, "block"), '"clock":1', '"clock":2'),
      /block 1: its output differs/,
    ],
    [
      "output",
      "depth-0",
      replace((line) => journalLine(line, "end"), "301", "302"),
      /block 1: its output differs at character/,
    ],
    [
      "the text of a result",
      "depth-1",
      replace((line) => journalLine(line, "result"), '"text":"re ', '"text":"no '),
      /the text of sha256:\w+ was changed/,
    ],
    [
      "the hash of a call",
      "depth-1",
      replace((line) => journalLine(line, "call"), '"hash":"', '"hash":"0'),
      /block 1: call 1 differs/,
    ],
    [
      "an error of the code",
      "depth-1",
      replace((line) => journalLine(line, "end", "missing"), "missing is", "nothing is"),
      /block 1: its error differs/,
    ],
    [
      "the answer of an end",
      "depth-0",
      replace((line) => line.type === "run-end", '{\\"words\\":301}', '{\\"words\\":3}'),
      /its end tells the answer "\{\\"words\\":3\}", its code gave/,
    ],
    [
      "the order of results",
      "depth-1",
      swapped(false),
      /block 1 \(turn 1\) has result 2, of call \d, where result 1 should be/,
    ],
    ["the order of results, and their numbers", "depth-1", swapped(true), /its end tells the digest/],
    [
      "what a reply used",
      "depth-0",
      replace((line) => journalLine(line, "reply"), '"outputTokens":', '"outputTokens":1'),
      /its end tells the digest/,
    ],
    [
      "the seed",
      "depth-0",
      replace((line) => line.type === "run-start", '"seed":', '"seed":1'),
      /its output differs|its end tells the digest/,
    ],
    ["the query", "depth-0", replaceAll("fixture depth-0", "fixture depth-9"), /its end tells the digest/],
    [
      "a child's answer",
      "depth-2",
      replace((line) => line.type === "run-end" && line.depth === 1, '"text":"re ', '"text":"no '),
      /got "re child-\d a.*" of the child that call \d opened, whose end tells "no child-\d a/,
    ],
    [
      "a child that is gone",
      "depth-2",
      (lines) => lines.filter(({ depth }) => depth === 0),
      /has a result of the child that call \d opened, and its session is missing/,
    ],
    [
      "the ends of children",
      "depth-2",
      (lines) => lines.filter(({ depth, type }) => depth === 0 || type !== "run-end"),
      /has a result of the child that call \d opened, whose session has no answer/,
    ],
    [
      "a rolled-back block",
      "depth-2",
      replace((line) => journalLine(line, "end", '"rolledBack":true'), '"computeMs":', '"computeMs":1'),
      /its end tells the digest/,
    ],
    [
      "a last line that is gone",
      "depth-0",
      (lines) => lines.filter((line) => !journalLine(line, "end", '"answer"')),
      /its end tells an answer, and its code gave none: lines are missing/,
    ],
    [
      "a row's city",
      "rows",
      replace((line) => line.type === "run-start", '"hash":"sha256:', '"hash":"sha256:0'),
      /its context was "context", an array with/,
    ],
  ];

  it.each(cases)("replayTrajectory() finds %s", async (_, fixture, change, words) => {
    const { trajectory, context } = await altered(fixture, change);
    const replayed = replayTrajectory(trajectory, { context, sandbox });
    await expect(replayed).rejects.toMatchObject({ code: "replay", message: expect.stringMatching(words) });
    await expect(replayed).rejects.toThrow(/^Cannot replay run [\w/.-]+: /);
  });

  it("readTrajectory() finds a line that is missing in the middle", async () => {
    const missing = altered("depth-1", (lines) =>
      lines.toSpliced(
        lines.findIndex((line) => journalLine(line, "call")),
        1,
      ),
    );
    await expect(missing).rejects.toThrow(/lines are missing/);
  });
});
