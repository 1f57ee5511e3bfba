import { EventEmitter } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { readTrajectory } from "rlm-core/trajectory";
import { scriptedModel, type ScriptedReply } from "rlm-core/testing";
import type { Model } from "rlm-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Io } from "./io.ts";
import { main } from "./main.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-cli-test-"));
const log = Array.from(
  { length: 5_000 },
  (_, at) => `line ${at} ${at === 4_711 ? "the Kraken guard" : "nothing"}`,
).join("\n");
beforeAll(() => {
  writeFileSync(join(folder, "app.log"), log);
  mkdirSync(join(folder, "docs", "deep"), { recursive: true });
  mkdirSync(join(folder, "docs", "node_modules"));
  writeFileSync(join(folder, "docs", "b.md"), `# B\n${"b ".repeat(50_000)}`);
  writeFileSync(join(folder, "docs", "a.md"), "# A\n");
  writeFileSync(join(folder, "docs", "deep", "c.txt"), "c");
  writeFileSync(join(folder, "docs", "deep", "image.png"), Buffer.from([1, 0, 2]));
  writeFileSync(join(folder, "docs", "node_modules", "foreign.js"), "foreign");
  writeFileSync(join(folder, "docs", ".env"), "SECRET=1");
  symlinkSync("/etc/hostname", join(folder, "docs", "link.txt"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const repl = (code: string): string => `\`\`\`repl\n${code}\n\`\`\``;

interface Ran {
  code: number;
  out: string;
  err: string;
}

/** The command line in this process; `replies` are the model's. */
async function run(
  argv: readonly string[],
  replies: readonly ScriptedReply[] = [],
  more: Partial<Io> & { input?: string; model?: Model } = {},
): Promise<Ran> {
  const { input = "", model = scriptedModel(replies), ...io } = more;
  const stdout = new PassThrough().setEncoding("utf8");
  const stderr = new PassThrough().setEncoding("utf8");
  const stdin = new PassThrough();
  stdin.end(input);
  const code = await main(argv, {
    stdin,
    stdout,
    stderr,
    env: {},
    cwd: folder,
    signals: new EventEmitter(),
    exit: () => {},
    openModel: async () => model,
    ...io,
  });
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

const asks = ["ask", "What is there?", "--model", "scripted:one"];
const overLog = [...asks, "--context", "app.log"];
const looks = [repl("print(typeof context, Object.keys(context).length, context.length)")];

describe("rlm ask", () => {
  it("rlm ask writes the answer to stdout, all else to stderr, and keeps a trace", async () => {
    const { code, out, err } = await run(overLog, [...looks, repl("FINAL(find('Kraken').hits[0].text.slice(0, 9))")]);
    expect([code, out.trim().length]).toEqual([0, 9]);
    expect(err).toMatch(/^Context: 1 file, 88,898 characters\nrun starts: What is there\?/);
    const [, trace = ""] = /^Trace: (.*)$/m.exec(err) ?? [];
    expect((await readTrajectory(trace)).complete).toBe(true);
    expect(statSync(trace).mode & 0o777).toBe(0o600);
  });

  it("rlm ask --json is one object, --quiet nothing but the answer", async () => {
    const trace = join(folder, "kept.jsonl");
    const json = await run([...overLog, "--json", "--trace", trace], [...looks, repl("FINAL('x')")]);
    expect(JSON.parse(json.out)).toMatchObject({
      answer: "x",
      status: "final",
      limit: null,
      trace,
      usage: { calls: 2 },
    });
    const quiet = await run([...overLog, "--quiet"], [...looks, repl("FINAL('x')")]);
    expect(quiet).toEqual({ code: 0, out: "x\n", err: "" });
    const none = await run([...overLog, "--no-trace"], [...looks, repl("FINAL('x')")]);
    expect(none.err).not.toContain("Trace:");
  });

  it("rlm ask ends with 3 where a limit concludes the run, and says which", async () => {
    const { code, out, err } = await run([...overLog, "--turns", "1"], [...looks, "What there is."]);
    expect([code, out]).toEqual([3, "What there is.\n"]);
    expect(err).toContain("Ended at the limit --turns (1): the answer is the best with what there was by then.");
  });

  it("rlm ask ends with 1 and keeps the trace where the model fails", async () => {
    const { code, out, err } = await run(overLog, [new Error("no model today")]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/error: Cannot get a reply .*no model today[\s\S]*The trace so far: /);
  });

  it("rlm ask ends with 130 on Ctrl-C, and a second one exits at once", async () => {
    const signals = new EventEmitter();
    const exits: number[] = [];
    const exit = (code: number): void => void exits.push(code);
    const model: Model = (_, { signal }) => {
      queueMicrotask(() => signals.emit("SIGINT"));
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          signals.emit("SIGINT");
          reject(signal.reason);
        });
      });
    };
    const { code, err } = await run(overLog, [], { signals, exit, model });
    expect([code, exits]).toEqual([130, [130]]);
    expect(err).toMatch(/^Stopped\.\nThe trace so far: .*\.jsonl$/m);
    expect(signals.listenerCount("SIGINT")).toBe(0);
  });

  it("rlm ask writes no escape sequence of an answer, and --json has it escaped", async () => {
    const evil = [...looks, repl("FINAL('a\\u001b[31mb\\u0007\\tc')")];
    expect((await run([...overLog, "--quiet"], evil)).out).toBe("ab\tc\n");
    const { out } = await run([...overLog, "--json", "--quiet"], evil);
    expect(out).not.toMatch(/[\u001b\u0007]/);
    expect(JSON.parse(out)).toMatchObject({ answer: "a\u001b[31mb\u0007\tc", trace: null });
  });

  it("rlm ask --schema makes the answer a value that fits", async () => {
    writeFileSync(
      join(folder, "schema.json"),
      '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}',
    );
    const { out } = await run(
      [...overLog, "--schema", "schema.json", "--quiet"],
      [...looks, repl("FINAL({ n: 'one' })"), repl("FINAL({ n: 1 })")],
    );
    expect(JSON.parse(out)).toEqual({ n: 1 });
  });

  it("rlm ask takes the model of RLM_MODEL, and --sub-model for sub-calls", async () => {
    const opened: string[] = [];
    const models: Record<string, Model> = {
      "a:root": scriptedModel([repl("print(1)"), repl("FINAL(await llm_query('q'))")]),
      "b:sub": scriptedModel(["from b"]),
    };
    const { out } = await run(
      ["ask", "q", "-c", "app.log", "--sub-model", "b:sub", "--quiet", "--base-url", "http://h/v1"],
      [],
      {
        env: { RLM_MODEL: "a:root" },
        openModel: async (name, { baseUrl }) => {
          opened.push(`${name} ${baseUrl}`);
          return models[name]!;
        },
      },
    );
    expect([out, opened]).toEqual(["from b\n", ["a:root http://h/v1", "b:sub http://h/v1"]]);
  });

  it("rlm ask gives every limit to the run", async () => {
    const flags = {
      turns: "7",
      depth: "2",
      calls: "50",
      tokens: "1M",
      duration: "90s",
      errors: "2",
      concurrency: "3",
      "max-output-tokens": "1k",
      "prompt-chars": "20_000",
      "output-chars": "5k",
      compute: "2s",
      "heap-mb": "64",
      "answer-chars": "100",
      "direct-below": "0",
    };
    const model = scriptedModel([repl("print(1)"), repl("FINAL('x'.repeat(101))"), repl("FINAL('x')")]);
    const argv = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    const trace = join(folder, "limits.jsonl");
    const { code } = await run([...overLog, ...argv, "--trace", trace, "--quiet"], [], { model });
    expect(code).toBe(0);
    expect(model.calls[0]?.options.maxOutputTokens).toBe(1_000);
    const prompt = JSON.stringify(model.calls[0]?.messages);
    for (const words of [
      "Turn 1 of 7",
      "49 model calls",
      "20,000 characters",
      "5,000 characters",
      "a helper that works as you do",
    ])
      expect(prompt).toContain(words);
    expect(JSON.stringify(model.calls[2]?.messages)).toContain("100");
    const [root] = [...(await readTrajectory(trace)).runs.values()];
    expect(root?.start.repl.limits).toEqual({
      promptChars: 20_000,
      outputChars: 5_000,
      computeMs: 2_000,
      heapMb: 64,
      answerChars: 100,
    });
  });
});

describe("rlm ask --context", () => {
  const keys = [
    repl("print(1)"),
    repl("FINAL(Object.entries(context).map(([path, text]) => path + ' ' + text.length).join())"),
  ];
  const names = "docs/a.md 4,docs/b.md 100004,docs/deep/c.txt 1";

  it.each([
    ["a folder", ["docs"], names],
    ["a glob", ["docs/**/*.{md,txt}"], names],
    [
      "several files, in the order of their paths",
      ["docs/deep/c.txt", "docs/b.md", "docs/a.md"],
      "docs/deep/c.txt 1,docs/b.md 100004,docs/a.md 4",
    ],
  ])("rlm ask takes %s as an object of texts by path", async (_name, paths, answer) => {
    const { code, out, err } = await run([...asks, "--context", ...paths], keys);
    expect([code, out]).toEqual([0, `${answer}\n`]);
    expect(err).toContain("Context: 3 files, 100,009 characters");
    if (paths[0] === "docs") {
      expect(err).toMatch(/^Left out of docs: node_modules, 1 hidden file or folder, 1 symbolic link$/m);
      expect(err).toMatch(/^Left out 1 file that is not text: docs\/deep\/image.png$/m);
    }
  });

  it("rlm ask takes a long folder the same way, through a temporary file that is gone afterwards", async () => {
    mkdirSync(join(folder, "long"));
    for (const name of ["1.txt", "2.txt"]) writeFileSync(join(folder, "long", name), `"${name}" ü🌏\n`.repeat(300_000));
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("rlm-"));
    const { out } = await run(
      [...asks, "--context", "long", "--no-trace"],
      [repl("print(1)"), repl("FINAL(Object.keys(context).join() + context['long/2.txt'].slice(0, 12))")],
    );
    expect(out).toBe('long/1.txt,long/2.txt"2.txt" ü🌏\n\n');
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("rlm-"))).toEqual(before);
  });

  it("rlm ask reads stdin, and names contexts", async () => {
    const input = `${"from stdin ".repeat(10_000)}end`;
    const piped = await run([...asks, "--context", "-"], [repl("print(1)"), repl("FINAL(context.slice(-3))")], {
      input,
    });
    expect(piped.out).toBe("end\n");
    const named = await run(
      [...asks, "--context", "logs=app.log", "--context", "rules=docs/a.md"],
      [repl("print(1)"), repl("FINAL(logs.length + rules)")],
    );
    expect(named.out).toBe(`${log.length}# A\n\n`);
  });

  it.each([
    [["nowhere.txt"], /Cannot read the context nowhere.txt: there is no such file or folder/],
    [["docs/deep/image.png"], /docs\/deep\/image.png: it is not text \(byte 1 is NUL\)/],
    [["*.nothing"], /Cannot read the context \*.nothing: no file matches it/],
    [["docs/node_modules/.."], undefined],
    [["-", "-"], /Cannot read stdin twice/],
    [[""], /Expected --context to be a path, got ""/],
    [["llm_query=app.log"], /the name is taken in the REPL/],
  ])("rlm ask --context %j", async (paths, words) => {
    const { code, err } = await run([...asks, "--context", ...paths], keys, { input: "x" });
    expect(code).toBe(words === undefined ? 0 : 2);
    if (words !== undefined) expect(err).toMatch(words);
    expect(err).not.toMatch(/^\s+at /m);
  });
});

describe("rlm ask --dry-run", () => {
  const dry = ["ask", "q", "--context", "app.log", "--dry-run"];

  it("rlm ask --dry-run says sizes, plan and costs, and asks no model", async () => {
    writeFileSync(join(folder, "prices.json"), '{"gpt-5":{"inputPerMillion":1,"outputPerMillion":10}}');
    const openModel = (): never => {
      throw new Error("a model was made");
    };
    const { code, out } = await run(
      [...dry, "--prices", "prices.json", "--model", "openai:gpt-5", "--direct-below", "0"],
      [],
      { openModel },
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^Dry run: no model was asked\.\nContext: +1 file, 88,898 characters/);
    expect(out).toMatch(/Plan: +RLM: the model searches the context by code/);
    expect(out).toMatch(/One whole pass: about 1 sub-call, [\d,]+ tokens, \$0\.\d{4}/);
    expect((await run(dry)).out).toMatch(/no price: no --model given/);
    expect(JSON.parse((await run([...dry, "--json", "--direct-below", "100k"])).out)).toMatchObject({
      way: "direct",
      most: { calls: 1 },
    });
  });
});

describe("rlm", () => {
  it.each([
    [["--help"], 0, /^Usage: rlm /],
    [["--version"], 0, /^\d+\.\d+\.\d+\n$/],
    [["ask", "--help"], 0, /Exit codes:\n +0 answered/],
  ])("rlm %j ends with %i and says so on stdout", async (argv, code, words) => {
    const ran = await run(argv);
    expect([ran.code, ran.err]).toEqual([code, ""]);
    expect(ran.out).toMatch(words);
  });

  it.each([
    [["ask", "q", "--modle", "x:y"], /unknown option '--modle'\n\(Did you mean --model\?\)/],
    [["aks"], /unknown command 'aks'\n\(Did you mean ask\?\)/],
    [["ask", "--context", "app.log", "--model", "x:y"], /No question: rlm ask "QUESTION" --context PATH/],
    [["ask", "q", "--model", "x:y"], /No context: give --context PATH/],
    [
      ["ask", "q", "--context", "app.log"],
      /No model: give --model provider:name[\s\S]*OPENAI_API_KEY[\s\S]*ollama[\s\S]*--model offline/,
    ],
    [[...overLog, "--turns", "0"], /Expected --turns to be an integer of 1 or more, got 0/],
    [[...overLog, "--calls", "many"], /Expected a number such as 200, 50k or 2M, or none/],
    [[...overLog, "--duration", "soon"], /Expected a time such as 90s, 10m or 1h/],
    [[...overLog, "--profile", "huge"], /Allowed choices are big, small, thinking/],
    [[...overLog, "--cost-usd", "2"], /Cannot keep to --cost-usd without prices: give --prices FILE/],
    [[...overLog, "--prices", "nowhere.json"], /--prices/],
    [[...overLog, "--schema", "app.log"], /--schema/],
    [[...overLog, "--trace", "app.log"], /Cannot write the trace to .*app.log: it is there already/],
    [[...overLog, "--trace", "nowhere/trace.jsonl"], /nowhere/],
  ])("rlm %j ends with 2 and says why", async (argv, words) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(words);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it("rlm leaves the files that it reads as they are", () => {
    expect(readFileSync(join(folder, "app.log"), "utf8")).toBe(log);
  });
});
