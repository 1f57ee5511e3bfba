import { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "rlm-cli";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runMain } from "./run-main.ts";
import { repl, ruleModel, turnOf } from "./scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-resume-trace-"));
afterAll(() => rmSync(folder, { recursive: true }));
write("birds.txt", "The heron waits.\nThe heron strikes.\n");
write("rules.md", "Say yes.\n");
const given = ["-c", "birds.txt", "-c", "rules=rules.md"];
let trace = "";
let count = 0;
beforeEach(() => {
  trace = join(folder, `run-${++count}.jsonl`);
});

/** Two turns with a sub-call in each; before the second of them it is stopped, if it is to be. */
function birds(stop?: () => void) {
  return ruleModel((messages, { purpose }) => {
    if (purpose === "sub") {
      if (messages[0]?.content === "two" && stop !== undefined) {
        stop();
        return new Promise(() => {});
      }
      return `<${messages[0]?.content}>`;
    }
    const turn = turnOf(messages);
    return repl(
      turn === 1
        ? "const one = await llm_query('one'); print(one)"
        : "FINAL(one + await llm_query('two') + rules.length)",
    );
  });
}

async function stopped(argv: string[] = []): ReturnType<typeof runMain> {
  const signals = new EventEmitter();
  const model = birds(() => signals.emit("SIGINT"));
  return await rlm(["ask", "What?", ...given, "-m", "a:b", "--direct-below", "0", "--trace", trace, ...argv], {
    signals,
    openModel: async () => model,
  });
}

describe("rlm resume TRACE", () => {
  it("main() goes on after Ctrl-C by the command that it said, asks nothing again, and writes to the same file", async () => {
    const { code, stderr } = await stopped();
    expect(code).toBe(130);
    expect(stderr).toMatch(
      new RegExp(
        `The trace so far: ${trace}\nTo go on, without paying again for what is there: rlm resume ${trace} --context birds.txt rules=rules.md --model a:b --direct-below 0\n$`,
      ),
    );
    const rest = birds();
    const argv = /: rlm (resume .*)\n$/.exec(stderr)?.[1]?.split(" ") ?? [];
    const resumed = await rlm(argv, { openModel: async () => rest });
    expect([resumed.code, resumed.stdout]).toEqual([0, "<one><two>9\n"]);
    expect(resumed.stderr).toContain(`Trace: ${trace}`);
    expect(rest.calls.map(({ messages }) => messages[0]?.content)).toEqual(["two"]);
    expect((await rlm(["replay", trace, ...given])).stdout).toMatch(/^identical\n/);
  });

  it("main() gives the recorded answer of a run that has one, without a model, a key or the context", async () => {
    const openModel = async () => birds();
    const form = join(folder, "form.json");
    writeFileSync(form, JSON.stringify({ type: "object", properties: { kind: { type: "string" } } }));
    const model = ruleModel(() => repl("FINAL({ kind: context.slice(4, 9) })"));
    const argv = [
      "ask",
      "What?",
      ...given,
      "-m",
      "a:b",
      "--direct-below",
      "0",
      "--trace",
      trace,
      "--schema",
      form,
      "--json",
    ];
    const asked = await rlm(argv, { openModel: async () => model });
    const again = await rlm(["resume", trace, "--json"], { openModel: () => Promise.reject(new Error("opened")) });
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual({ ...(JSON.parse(asked.stdout) as object), largestRequest: 0 });
    expect((await rlm(["resume", trace], { openModel })).stderr).toBe("The recorded answer: nothing was asked.\n");
  });

  it("main() refuses another context of a run that has its answer too", async () => {
    const openModel = async () => birds();
    await rlm(["ask", "What?", ...given, "-m", "a:b", "--direct-below", "0", "--trace", trace], { openModel });
    const other = await rlm(["resume", trace, "-c", "rules.md", "rules=rules.md"]);
    expect([other.code, other.stdout, other.stderr]).toEqual([
      2,
      "",
      expect.stringMatching(/Cannot use another context than the run had: context had 36 characters/),
    ]);
    expect((await rlm(["resume", trace, "-c", "birds.txt"])).stderr).toMatch(/the run had other variables/);
    expect(await rlm(["resume", trace, ...given])).toMatchObject({ code: 0, stdout: "<one><two>9\n" });
  });

  it("main() needs no threads: a database of them that is none is in nobody's way", async () => {
    await stopped();
    write("runs.sqlite", "no database at all, but a text of some length that says so".repeat(100));
    const world = { env: { RLM_HOME: folder }, openModel: async () => birds() };
    const { code, stdout } = await rlm(["resume", trace, ...given, "-m", "a:b"], world);
    expect([code, stdout]).toEqual([0, "<one><two>9\n"]);
    expect(await rlm(["resume", "nobody"], world)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/the file is no SQLite database/) as string,
    });
  });

  it("main() goes on after a limit that is raised, and with a context that is elsewhere by now", async () => {
    const model = birds();
    const limited = await rlm(
      ["ask", "What?", ...given, "-m", "a:b", "--direct-below", "0", "--trace", trace, "--tokens", "20"],
      { openModel: async () => model },
    );
    expect([limited.code, limited.stderr]).toEqual([1, expect.stringMatching(/--tokens.*raise that limit/s)]);
    mkdirSync(join(folder, "moved"), { recursive: true });
    write("moved/text", readFileSync(join(folder, "birds.txt"), "utf8"));
    const argv = ["resume", trace, "-c", "rules=rules.md", "-c", "moved/text", "-m", "a:b", "--tokens", "2M"];
    const { code, stdout } = await rlm(argv, { openModel: async () => model });
    expect([code, stdout]).toEqual([0, "<one><two>9\n"]);
  });

  it("main() says at Ctrl-C how to go on again", async () => {
    await stopped();
    const signals = new EventEmitter();
    const model = birds(() => signals.emit("SIGINT"));
    const argv = ["resume", trace, ...given, "-m", "a:b"];
    const { code, stderr } = await rlm(argv, { signals, openModel: async () => model });
    expect([code, stderr]).toEqual([
      130,
      expect.stringMatching(/: rlm resume \S+ --context birds\.txt rules=rules\.md --model a:b\n$/),
    ]);
  });

  it.each<[string, () => string[], RegExp]>([
    [
      "another context",
      () => [trace, "-c", "rules.md", "rules=rules.md", "-m", "a:b"],
      /its context was "context", a text with 36 characters.*got "context", a text with 9/,
    ],
    ["other variables", () => [trace, "-c", "birds.txt", "-m", "a:b"], /the run had other variables/],
    [
      "no context",
      () => [trace, "-m", "a:b"],
      /No context: rlm resume .* --context PATH.*The run had\n {2}context: a text of 36/s,
    ],
    [
      "a missing context",
      () => [trace, "-c", "no.txt", "rules=rules.md", "-m", "a:b"],
      /no\.txt: there is no such file/,
    ],
    ["no model", () => [trace, ...given], /No model: give --model/],
    [
      "another trace",
      () => [trace, ...given, "--trace", "t.jsonl", "-m", "a:b"],
      /the run goes on in .*; leave --trace out/,
    ],
    [
      "another limit of the REPL",
      () => [trace, ...given, "-m", "a:b", "--output-chars", "1000"],
      /--output-chars was 20000 in the run, got 1000; leave it out/,
    ],
    ["no trace", () => ["birds.txt", ...given, "-m", "a:b"], /its first line is not a header of one/],
    ["nobody to ask", () => [trace, ...given, "-m", "a:b", "--approve", "code"], /there is no terminal to ask at/],
  ])("main() with %s says what is wrong, ends with 2, and leaves the trace as it was", async (_, argv, words) => {
    await stopped();
    const before = readFileSync(trace, "utf8");
    const model = birds();
    const { code, stdout, stderr } = await rlm(["resume", ...argv()], { openModel: async () => model });
    expect([code, stdout, model.calls]).toEqual([2, "", []]);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(readFileSync(trace, "utf8")).toBe(before);
  });
});

async function rlm(argv: string[], world: Partial<Io> = {}): ReturnType<typeof runMain> {
  return await runMain(argv, { cwd: folder, env: { RLM_HOME: join(folder, "state") }, ...world });
}

function write(name: string, content: string): void {
  writeFileSync(join(folder, name), content);
}
