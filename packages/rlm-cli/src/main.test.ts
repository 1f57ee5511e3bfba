import { setImmediate as nextTick } from "node:timers/promises";
import { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { scriptedModel, type ScriptedModel, type ScriptedReply } from "rlm-core/testing";
import { readTrajectory } from "rlm-core/trajectory";
import type { Model, ModelOptions } from "rlm-core";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { OpenModel } from "./ask/open-model.ts";
import type { Io } from "./io.ts";
import { main } from "./main.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-main-test-"));
const temporary = join(folder, "temporary");
mkdirSync(temporary);
vi.stubEnv("TMPDIR", temporary);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const heron = "The heron waits.\nThe heron strikes.\n";
write("heron.txt", heron);

describe("main() answers", () => {
  it("main() writes the answer on stdout, all else on stderr, and ends with 0", async () => {
    const { code, stdout, stderr, prompts } = await ask(["What does it do?", "-c", "heron.txt", "-m", "a:b"], {
      model: replies("It waits, and strikes."),
    });
    expect([code, stdout]).toEqual([0, "It waits, and strikes.\n"]);
    expect(stderr).toMatch(
      /^Context: 1 file, 36 characters\nrun starts: What does it do\?\nrun ends: direct · .*\nTrace: \/.*\/trajectory\.jsonl\n$/,
    );
    expect(prompts[0]).toContain(heron);
    expect(prompts[0]).toContain("What does it do?");
  });

  it("main() says first that the stand-in is one", async () => {
    const { code, stdout, stderr } = await ask(["What is said of the heron?", "-c", "heron.txt", "-m", "offline"]);
    expect(code).toBe(0);
    expect(stdout).toContain("“heron” is mentioned 2 times");
    expect(stderr).toMatch(/^The model here is an offline stand-in: rules, not a language model\.\n/);
  });

  it("main() --json writes one object and nothing else on stdout", async () => {
    const trace = join(folder, "json.jsonl");
    const { code, stdout } = await ask(["q", "-c", "heron.txt", "-m", "a:b", "--json", "--trace", trace], {
      model: replies({ text: "yes", usage: { inputTokens: 70, outputTokens: 2 } }),
    });
    expect(code).toBe(0);
    expect(stdout.indexOf("\n")).toBe(stdout.length - 1);
    const [run] = [...(await readTrajectory(trace)).runs.values()];
    expect(JSON.parse(stdout)).toEqual({
      answer: "yes",
      status: "direct",
      limit: null,
      error: null,
      usage: {
        calls: 1,
        inputTokens: 70,
        outputTokens: 2,
        estimated: false,
        costUsd: 0,
        unpriced: ["ab"],
        activeMs: expect.any(Number) as number,
        byModel: { ab: { calls: 1, inputTokens: 70, outputTokens: 2, costUsd: 0 } },
      },
      runId: run?.start.runId,
      trace,
      largestRequest: 70,
    });
  });

  it("main() --json tells of a run that failed, and where its trace is", async () => {
    const trace = join(folder, "json-failed.jsonl");
    const { code, stdout } = await ask(["q", "-c", "heron.txt", "-m", "a:b", "--json", "--trace", trace], {
      model: replies(new Error("boom")),
    });
    expect(code).toBe(1);
    const [run] = [...(await readTrajectory(trace)).runs.values()];
    expect(JSON.parse(stdout)).toEqual({
      answer: null,
      status: "failed",
      limit: null,
      error: expect.stringContaining("boom") as string,
      usage: expect.objectContaining({ calls: 1 }) as object,
      runId: run?.start.runId,
      trace,
      largestRequest: 0,
    });
  });

  it.each<[string, string[], object]>([
    ["without a trace", ["--no-trace"], { status: "failed", usage: { calls: 1 } }],
    ["at a limit", ["--tokens", "10", "--no-trace"], { limit: "tokens" }],
    ["whose context is missing", ["-c", "missing.txt"], { runId: null, usage: null, trace: null }],
    ["that cannot be used", ["--calls", "0"], { error: "Expected --calls to be an integer of 1 or more, got 0" }],
    ["of a dry run", ["--dry-run", "-m", "opnai:x"], { error: expect.stringContaining("opnai") as string }],
  ])("main() --json writes one object of a failure %s", async (_, args, object) => {
    const model = replies(new Error("boom"));
    const { code, stdout } = await ask(["q", "-c", "heron.txt", "-m", "a:b", "--json", ...args], { model });
    expect(code).toBeGreaterThan(0);
    expect(JSON.parse(stdout)).toMatchObject({ answer: null, status: "failed", ...object });
  });

  it("main() --quiet writes nothing but the answer, and keeps only a trace that was asked for", async () => {
    const before = traces();
    const quiet = await ask(["q", "-c", "heron.txt", "-m", "a:b", "--quiet"], { model: replies("yes") });
    expect(quiet).toMatchObject({ code: 0, stdout: "yes\n", stderr: "" });
    expect(traces()).toEqual(before);
    const failed = await ask(["q", "-c", "heron.txt", "-m", "a:b", "-q"], { model: replies(new Error("boom")) });
    expect(failed.stderr).toMatch(/^error: [^\n]*boom[^\n]*\n$/);
    expect(traces()).toEqual(before);
    const trace = join(folder, "quiet.jsonl");
    await ask(["q", "-c", "heron.txt", "-m", "a:b", "-q", "--trace", trace], { model: replies("yes") });
    expect((await readTrajectory(trace)).complete).toBe(true);
  });

  it("main() keeps a trace that only this user can read, --trace where it says, --no-trace none", async () => {
    const { stderr } = await ask(["q", "-c", "heron.txt", "-m", "a:b"], { model: replies("yes") });
    const path = /^Trace: (.*)$/m.exec(stderr)?.[1] ?? "";
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    rmSync(dirname(path), { recursive: true });
    await ask(["q", "-c", "heron.txt", "-m", "a:b", "--trace", "given.jsonl"], { model: replies("yes") });
    const [run] = [...(await readTrajectory(join(folder, "given.jsonl"))).runs.values()];
    expect(run).toMatchObject({ start: { query: "q" }, end: { status: "direct" } });
    const before = traces();
    const none = await ask(["q", "-c", "heron.txt", "-m", "a:b", "--no-trace"], { model: replies("yes") });
    expect(none.stderr).not.toContain("Trace");
    expect(traces()).toEqual(before);
  });

  it("main() does not write the control characters of an answer, a question or an error", async () => {
    const evil = "red \u001b[31mred\u001b[0m \u001b]0;title\u0007bell\u0007 back\b\u009b2J gone\r\nend\u0000";
    const plain = await ask(["q\u001b[2J", "-c", "heron.txt", "-m", "a:b"], { model: replies(evil) });
    expect(plain.stdout).toMatch(/^red red .*bell back.*\nend\n$/);
    const json = await ask(["q", "-c", "heron.txt", "-m", "a:b", "--json"], { model: replies(evil) });
    expect((JSON.parse(json.stdout) as { answer: string }).answer).toBe(evil);
    const error = await ask(["q", "-c", "heron.txt", "-m", "a:b"], { model: replies(new Error(evil)) });
    expect(error.stderr).toContain("red red");
    for (const text of [plain.stdout, plain.stderr, json.stdout, error.stderr])
      expect(text).not.toMatch(/[\p{Cc}--\n]/v);
  });

  it("main() --schema makes the answer a value that fits", async () => {
    write("schema.json", JSON.stringify({ type: "object", properties: { count: { type: "number" } } }));
    const { code, stdout, prompts } = await ask(
      ["How often?", "-c", "heron.txt", "-m", "a:b", "--schema", "schema.json"],
      { model: replies('{ "count": 2 }') },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ count: 2 });
    expect(prompts[0]).toContain('"count"');
  });

  it("main() asks the model of RLM_MODEL, and sub-calls that of --sub-model", async () => {
    const opened: string[] = [];
    const openModel: OpenModel = async (name, { baseUrl }) => {
      opened.push(`${name} at ${baseUrl}`);
      return name === "a:root" ? byPurpose("FINAL(await llm_query('x'))") : replies(`I am ${name}`);
    };
    const { code, stdout } = await ask(
      ["q", "-c", "heron.txt", "--direct-below", "0", "--sub-model", "a:sub", "--base-url", "http://127.0.0.1:9/v1"],
      { openModel, env: { RLM_MODEL: "a:root" } },
    );
    expect([code, stdout]).toEqual([0, "I am a:sub\n"]);
    expect(opened).toEqual(["a:root at http://127.0.0.1:9/v1", "a:sub at http://127.0.0.1:9/v1"]);
  });

  it("main() hands --context-window to both models", async () => {
    const windows: unknown[] = [];
    const openModel: OpenModel = async (_name, { contextWindow }) => {
      windows.push(contextWindow);
      return replies("yes");
    };
    const given = ["q", "-c", "heron.txt", "-m", "a:b", "--sub-model", "a:c"];
    await ask([...given, "--context-window", "32_768"], { openModel });
    await ask(given, { openModel });
    expect(windows).toEqual([32_768, 32_768, undefined, undefined]);
  });

  it("main() advises --context-window where a prompt is too long", async () => {
    const tooLong = Object.assign(new Error("prompt is too long"), { status: 400 });
    const { code, stderr } = await ask(["q", "-c", "heron.txt", "-m", "a:b"], { model: replies(tooLong) });
    expect(code).toBe(1);
    expect(stderr).toContain("a smaller --prompt-chars, or --context-window, keeps prompts inside its window");
    expect(stderr).not.toContain("contextWindow");
  });
});

describe("main() limits", () => {
  const many = "const a = []; for (let at = 0; ; at++) { a.push(await llm_query('x' + at)); print(a.length); }";

  it.each([
    [["--calls", "3"], many, /^Ended at the limit --calls \(3\): the answer is the best/m],
    [["--tokens", "60k"], many, /^Ended at the limit --tokens \(60,000\)/m],
    [["--turns", "2"], "print(1)", /^Ended at the limit --turns \(2\)/m],
    [["--errors", "1"], "throw new Error('no')", /^Ended at the limit --errors \(1\)/m],
    [["--duration", "300ms"], "await llm_query('never')", /^Ended at the limit --duration \(0\.3 s\)/m],
    [["--cost-usd", "9.50", "--prices", "dear.json"], many, /^Ended at the limit --cost-usd \(\$9\.50\)/m],
  ])("main() %j concludes there, says so and ends with 3", async (flags, code, words) => {
    write("dear.json", JSON.stringify({ ab: { inputPerMillion: 100, outputPerMillion: 100 } }));
    const model = byPurpose(code);
    const ended = await ask(["q", "-c", "heron.txt", "-m", "a:b", "--direct-below", "0", ...flags], { model });
    expect(ended).toMatchObject({ code: 3, stdout: "the best there is\n" });
    expect(ended.stderr).toMatch(words);
    if (flags[0] === "--calls") expect(model.calls).toHaveLength(3);
  });

  it("main() hands --max-output-tokens, --depth and --concurrency to the run", async () => {
    const code = `const seen = await llm_query_batched(["a", "b", "c"]).catch((e) => e); FINAL(typeof rlm_query)`;
    for (const [flags, most, depth] of [
      [["--concurrency", "2", "--max-output-tokens", "77"], 2, "function"],
      [["--depth", "0"], 1, "undefined"],
    ] as const) {
      let open = 0;
      let seen = 0;
      const asked: ModelOptions[] = [];
      const root = byPurpose(depth === "undefined" ? "FINAL(typeof rlm_query)" : code);
      const model: Model = async (messages, options) => {
        asked.push(options);
        seen = Math.max(seen, ++open);
        const reply = await root(messages, options);
        // As a request does: whoever may ask too is under way by then.
        await nextTick();
        open--;
        return reply;
      };
      const { stdout } = await ask(["q", "-c", "heron.txt", "-m", "a:b", "--direct-below", "0", ...flags], { model });
      expect([stdout, seen]).toEqual([`${depth}\n`, most]);
      expect(asked[0]?.maxOutputTokens).toBe(depth === "function" ? 77 : 8192);
    }
  });

  it("main() hands the limits of the REPL to the run, and leaves what a model's window decides to the run", async () => {
    const repl = async (flags: string[], contextWindow?: number): Promise<object | undefined> => {
      const trace = join(folder, `repl-${contextWindow ?? "own"}.jsonl`);
      const model = Object.assign(byPurpose("print(1); FINAL(1)"), { contextWindow });
      await ask(["q", "-c", "heron.txt", "-m", "a:b", "--direct-below", "0", "--trace", trace, ...flags], { model });
      return [...(await readTrajectory(trace)).runs.values()][0]?.start.repl.limits;
    };
    const flags = ["--prompt-chars", "5k", "--output-chars", "1_000", "--compute", "7s", "--heap-mb", "100"];
    expect(await repl([...flags, "--answer-chars", "2M"])).toEqual({
      promptChars: 5000,
      outputChars: 1000,
      computeMs: 7000,
      heapMb: 100,
      answerChars: 2_000_000,
    });
    expect(await repl([], 10_192)).toMatchObject({ promptChars: 6000, computeMs: 30_000 });
  });

  it("main() fails with 1 at a limit before there was any answer, and names the flag", async () => {
    const model = byPurpose("await llm_query('never')");
    const { code, stderr } = await ask(
      ["q", "-c", "heron.txt", "-m", "a:b", "--direct-below", "0", "--tokens", "100"],
      { model },
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*--tokens.*raise that limit$/m);
  });

  it("main() says the last cause at --errors, and --duration with its unit", async () => {
    const long = ["q", "-c", "heron.txt", "-m", "a:b", "--direct-below", "0"];
    const mute =
      (code: string): Model =>
      async (messages, options) => {
        const reply = await byPurpose(code)(messages, options);
        return options.purpose === "conclude" ? { text: "```repl\n```" } : reply;
      };
    const failed = await ask([...long, "--errors", "2"], { model: mute("throw new Error('no heron')") });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(
      /^error: .*2 turns in a row failed, as many as --errors allows; the last: .*no heron.*; another/m,
    );
    const slow = await ask([...long, "--duration", "300ms"], { model: mute("await llm_query('never')") });
    expect(slow.code).toBe(1);
    expect(slow.stderr).toMatch(/^error: .*--duration is 0\.3 s, spent [\d.]+ s; there was no answer yet/m);
  });
});

describe("main() interrupted", () => {
  it("main() ends with 130, keeps the trace and says where; a second Ctrl-C ends at once", async () => {
    const asked = Promise.withResolvers<void>();
    const exits: number[] = [];
    const signals = new EventEmitter();
    const trace = join(folder, "stopped.jsonl");
    const stuck: Model = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const running = ask(["q", "-c", "heron.txt", "-m", "a:b", "--trace", trace], {
      model: stuck,
      signals,
      exit: (code) => void exits.push(code),
    });
    await asked.promise;
    signals.emit("SIGINT");
    expect(exits).toEqual([]);
    signals.emit("SIGINT");
    expect(exits).toEqual([130]);
    const { code, stdout, stderr } = await running;
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toContain(
      `Stopped.\nThe trace so far: ${trace}\nTo go on, without paying again for what is there: rlm resume ${trace} --context`,
    );
    expect([...(await readTrajectory(trace)).runs.values()][0]?.end?.status).toBe("aborted");
    expect(signals.eventNames()).toEqual([]);
  });

  it("main() does not call SIGTERM Ctrl-C", async () => {
    const signals = new EventEmitter();
    const stuck: Model = () => {
      signals.emit("SIGTERM");
      return new Promise(() => {});
    };
    const { code, stderr } = await ask(["q", "-c", "heron.txt", "-m", "a:b"], { model: stuck, signals });
    expect(code).toBe(130);
    expect(stderr).toContain("aborted: Stopped by SIGTERM");
    expect(stderr).not.toContain("Ctrl-C");
  });
});

interface World extends Partial<Pick<Io, "env" | "openModel" | "signals" | "exit">> {
  /** Stands for whatever --model names. */
  model?: Model;
}

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
  /** All words that the model was shown, a text a request. */
  prompts: string[];
}

async function ask(argv: string[], world: World = {}): Promise<Ended> {
  return await run(["ask", ...argv], world);
}

/** The command line in this process. */
async function run(argv: string[], { model, ...world }: World = {}): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = [stdout, stderr].map((stream) => text(stream));
  const prompts: string[] = [];
  const heard: Model = async (messages, options) => {
    prompts.push(messages.map(({ content }) => content).join("\n"));
    if (model === undefined) throw new Error("No model in this test");
    return await model(messages, options);
  };
  const named = Object.assign(heard, { modelName: "ab", contextWindow: model?.contextWindow });
  const io: Io = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {},
    cwd: folder,
    signals: new EventEmitter(),
    exit: () => {},
    ...(model && { openModel: async () => named }),
    ...world,
  };
  const code = await main(argv, io);
  for (const stream of [stdout, stderr]) stream.end();
  const [out = "", err = ""] = await Promise.all(texts);
  return { code, stdout: out, stderr: err, prompts };
}

/** Plays its replies in order. */
function replies(...given: ScriptedReply[]): ScriptedModel {
  return scriptedModel(given);
}

/** A root that writes the same code in each turn; sub-calls are answered, but for "never". */
function byPurpose(code: string): ScriptedModel {
  const reply = { text: "re", usage: { inputTokens: 4000, outputTokens: 100 } };
  return scriptedModel([], {
    onMissing([message], { purpose }) {
      if (purpose === "conclude") return "the best there is";
      if (purpose !== "sub") return `\`\`\`repl\n${code}\n\`\`\``;
      return message?.content.includes("never") === true ? new Promise(() => {}) : reply;
    },
  });
}

/** Folders of temporary traces. */
function traces(): string[] {
  return readdirSync(temporary);
}

function write(name: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, name), content);
}
