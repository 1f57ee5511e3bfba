import { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "rlm-cli";
import type { Model } from "rlm-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runMain } from "./run-main.ts";
import { repl, ruleModel, turnOf } from "./scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-replay-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
write("birds.txt", "The heron waits.\nThe heron strikes.\n");
write("rules.md", "Say yes.\n");
const trace = join(folder, "run.jsonl");
const given = ["--context", "birds.txt", "rules=rules.md"];

/** Two turns, one sub-call of each kind, one child; nothing of it is left to chance but Math.random, which is seeded. */
const birds: Model = ruleModel((messages, { purpose, depth }) => {
  if (purpose === "sub") return "a bird";
  if (depth > 0) return repl("const seen = context.length; FINAL('child of ' + seen)");
  if (turnOf(messages) === 1)
    return repl("const dice = Math.random();\nconst kind = await llm_query('What?'); print(kind)");
  return repl(
    "const child = await rlm_query('How long?', context.slice(0, 5)); FINAL(kind + ', ' + child + rules.length)",
  );
});

beforeAll(async () => {
  const { code, stdout } = await ask(["q", ...given, "--depth", "2", "--trace", trace]);
  expect([code, stdout]).toEqual([0, "a bird, child of 59\n"]);
});

describe("rlm replay", () => {
  it("main() replay says that a run is identical, with what was compared, and asks no model", async () => {
    const { code, stdout, stderr } = await replay([trace, ...given]);
    expect([code, withoutProgress(stderr)]).toEqual([0, ""]);
    expect(stdout).toBe(
      "identical\nCompared: 2 runs, 4 turns, 4 blocks, 2 calls, 4 outputs, 2 answers\nRebuilt: 4 variables. No model and no tool was called.\n",
    );
    expect((await replay([trace, ...given, "--quiet"])).stdout).toBe("identical\n");
  });

  it("main() replay --json gives one object, twice the same, also where the context is given in another order and place", async () => {
    mkdirSync(join(folder, "moved"));
    write("moved/text", readFileSync(join(folder, "birds.txt"), "utf8"));
    const { code, stdout } = await replay([trace, "--context", "rules=rules.md", "--context", "moved/text", "--json"]);
    expect(code).toBe(0);
    const v8 = process.versions.v8;
    expect(JSON.parse(stdout)).toEqual({
      identical: true,
      complete: true,
      difference: null,
      error: null,
      compared: { runs: 2, turns: 4, blocks: 4, calls: 2, outputs: 4, answers: 2 },
      runs: [
        expect.objectContaining({ depth: 0, variables: 3 }) as object,
        expect.objectContaining({ depth: 1, variables: 1 }) as object,
      ],
      v8: { recorded: v8, here: v8 },
    });
    expect((await replay([trace, ...given, "--json"])).stdout).toBe(stdout);
  });

  it.each<[string, RegExp, string, RegExp]>([
    [
      "another prompt",
      /("type":"block".*)'What\?'/,
      "$1'Which?'",
      /^different: in session [\w-]+: block 1 \(turn 1\) is not the code of its reply/,
    ],
    [
      "another output",
      /("type":"end".*?)a bird/,
      "$1a bard",
      /in session [\w-]+: block 1: its output differs at character \d+: the journal has "ard/,
    ],
    [
      "another result",
      /("type":"result".*"text":")a bird/,
      "$1a dog",
      /the text of sha256:\w+ was changed, it begins "a dog"/,
    ],
    [
      "another child",
      /("type":"block".*?seen = )context/g,
      "$11 + context",
      /in session [\w-]+\/2\.2: block 1 \(turn 1\) is not the code of its reply/,
    ],
    [
      "an end that tells another answer",
      /("status":"final",(?:"text":)")a bird/,
      "$1no bird",
      /its end tells the answer "no bird, child of 59", its code gave "a bird, child of 59"/,
    ],
  ])("main() replay names the first difference of %s, and ends with 4", async (_, from, to, words) => {
    const altered = alter((text) => text.replace(from, to));
    const { code, stdout, stderr } = await replay([altered, ...given]);
    expect([code, withoutProgress(stderr)]).toEqual([4, ""]);
    expect(stdout).toMatch(words);
    const json = JSON.parse((await replay([altered, ...given, "--json"])).stdout) as object;
    expect(json).toMatchObject({ identical: false, difference: expect.stringMatching(/\w/) as string, error: null });
  });

  it("main() replay of a trajectory cut at any line is identical as far as it goes", async () => {
    const lines = readFileSync(trace, "utf8").split("\n");
    for (let kept = 2; kept < lines.length - 1; kept += 4) {
      const cut = alter(() => `${lines.slice(0, kept).join("\n")}\n{"type":"jour`);
      const { code, stdout } = await replay([cut, ...given]);
      expect([code, stdout.split("\n")[0]]).toEqual([
        0,
        "identical as far as it goes: the trajectory ends before its run did",
      ]);
    }
  });

  it("main() replay warns of another V8", async () => {
    const older = alter((text) => text.replaceAll(/"v8":"[^"]+"/g, '"v8":"1.2.3"'));
    const { code, stderr } = await replay([older, ...given]);
    expect(code).toBe(0);
    expect(withoutProgress(stderr)).toMatch(
      /^warning: the run had V8 1\.2\.3, this is .*: a difference may come from there/,
    );
  });

  it("main() replay of one plain call says that there was no code", async () => {
    const direct = join(folder, "direct.jsonl");
    const model: Model = async () => ({ text: "yes", usage: { inputTokens: 1, outputTokens: 1 } });
    await ask(["q", ...given, "--trace", direct, "--direct-below", "16k"], { openModel: async () => model });
    const { code, stdout } = await replay([direct, ...given]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^identical\nCompared: 1 run, 0 turns, 0 blocks, .*\nThere was no code to run/),
    ]);
  });

  it("main() replay stops at Ctrl-C with 130", async () => {
    const signals = new EventEmitter();
    const stdin = new EventEmitter() as Io["stdin"];
    const running = replay([trace, "--context", "-", "rules=rules.md", "--json"], { signals, stdin });
    setImmediate(() => signals.emit("SIGINT"));
    const { code, stdout, stderr } = await running;
    expect([code, withoutProgress(stderr)]).toEqual([130, "Stopped.\n"]);
    expect(JSON.parse(stdout)).toMatchObject({ identical: null, error: "Stopped." });
    expect(signals.eventNames()).toEqual([]);
  });
});

describe("rlm replay of what cannot be replayed", () => {
  const cases: [string, () => string[], RegExp][] = [
    ["without a trace", () => [], /missing required argument 'trace'/],
    [
      "of a file that is missing",
      () => ["no.jsonl", ...given],
      /trajectory no\.jsonl: there is no such file or folder/,
    ],
    ["of a folder", () => [".", ...given], /trajectory \.: it is a folder/],
    ["of another file", () => ["birds.txt", ...given], /its first line is not a header of one/],
    [
      "of another version",
      () => [alter((text) => text.replace('"version":1', '"version":9')), ...given],
      /version 9 and this/,
    ],
    [
      "of a damaged line",
      () => [alter((text) => text.replace('{"type":"query"', "{")), ...given],
      /line \d+ is damaged/,
    ],
    [
      "of a run that never began",
      () => [alter((text) => text.slice(0, text.indexOf("\n") + 1)), ...given],
      /nothing in it/,
    ],
    [
      "without a context",
      () => [trace],
      /No context: rlm replay .*The run had\n {2}context: a text of 36 characters \(sha256:\w+\)\n {2}rules: a text of 9/s,
    ],
    [
      "with another context",
      () => [trace, "-c", "rules.md", "rules=rules.md"],
      /context had 36 characters .*one given has 9/,
    ],
    ["with other variables", () => [trace, "-c", "birds.txt"], /the run had other variables \(name=PATH gives one\)/],
    [
      "with a context that is missing",
      () => [trace, "-c", "no.txt", "rules=rules.md"],
      /no\.txt: there is no such file/,
    ],
  ];
  it.each(cases)("main() replay %s says what is wrong, and ends with 2", async (_, argv, words) => {
    const { code, stdout, stderr } = await replay(argv());
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

async function ask(argv: string[], world: Partial<Io> = {}): ReturnType<typeof runMain> {
  const flags = ["ask", "-m", "a:b", "--direct-below", "0"];
  return await runMain([...flags, ...argv], { cwd: folder, openModel: async () => birds, ...world });
}

async function replay(argv: string[], world: Partial<Io> = {}): ReturnType<typeof runMain> {
  return await runMain(["replay", ...argv], { cwd: folder, ...world });
}

/** The trace with a change, as another file. */
function alter(change: (text: string) => string): string {
  const text = readFileSync(trace, "utf8");
  const changed = change(text);
  expect(changed).not.toBe(text);
  write("altered.jsonl", changed);
  return join(folder, "altered.jsonl");
}

function write(name: string, content: string): void {
  writeFileSync(join(folder, name), content);
}

// Told where it takes longer than two seconds, which a busy machine decides.
function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^Replaying: .*\n/gm, "");
}
