import { EventEmitter } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Io } from "rlm-cli";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runMain } from "./run-main.ts";
import { repl, ruleModel, turnOf } from "./scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-thread-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "birds.txt"), "The heron waits.\nThe heron strikes.\n");
let home = "";
beforeEach(() => {
  home = mkdtempSync(join(folder, "home-"));
});

const code = repl("const kind = await llm_query('What?'); print(kind); FINAL(kind)");
/** One sub-call, then the answer. */
const bird = ruleModel((messages, { purpose }) => (purpose === "sub" ? "a bird" : turnOf(messages) > 2 ? "" : code));
const first = ["What is it?", "-c", "birds.txt"];

describe("rlm ask --thread", () => {
  it("main() ask --thread answers, keeps the thread for this user alone, and lists it", async () => {
    const asked = await ask(["--thread", "birds", ...first, "--calls", "50"]);
    expect(asked).toMatchObject({ code: 0, stdout: "a bird\n" });
    expect(asked.stderr).not.toContain("Trace:");
    expect(statSync(join(home, "state")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(home, "state")).filter((name) => statSync(join(home, "state", name)).mode & 0o077)).toEqual(
      [],
    );
    const { stdout } = await rlm(["runs"]);
    expect(stdout).toMatch(
      /^ID +WHEN +STATUS +CALLS +TOKENS +COST +QUESTION\nbirds +\d{4}-\d\d-\d\d \d\d:\d\d +answered +\d+ +\d+ +\? +What is it\?\n$/,
    );
    expect(JSON.parse((await rlm(["runs", "--json"])).stdout)).toEqual([
      {
        id: "birds",
        at: expect.stringMatching(/^\d{4}-/) as string,
        status: "answered",
        limit: null,
        error: null,
        question: "What is it?",
        questions: 1,
        calls: 2,
        tokens: 30,
        costUsd: null,
      },
    ]);
  });

  it("main() ask --thread needs no context from the second question on, and has the variables of the first", async () => {
    await ask(["--thread", "birds", ...first]);
    const model = ruleModel((messages) => repl(turnOf(messages) === 1 ? "print(kind)" : "FINAL(kind + ' again')"));
    const { code, stdout } = await ask(["--thread", "birds", "And?"], { openModel: async () => model });
    expect([code, stdout]).toEqual([0, "a bird again\n"]);
    const [thread] = await listed();
    expect(thread).toMatchObject({ question: "And?", questions: 2, calls: 4 });
  });

  it("main() ask --thread with another context has it as context and context_1, and the first as context_0", async () => {
    await ask(["--thread", "birds", ...first]);
    writeFileSync(join(folder, "rules.md"), "Say yes.\n");
    const model = ruleModel((messages) =>
      repl(
        turnOf(messages) === 1 ? "print(1)" : "FINAL([context, context_1, context_0].map((one) => one.length).join())",
      ),
    );
    const asked = await ask(["--thread", "birds", "And?", "-c", "rules.md"], { openModel: async () => model });
    expect([asked.code, asked.stdout]).toEqual([0, "9,9,36\n"]);
  });

  it("main() ask --thread keeps what came by stdin until the thread is deleted", async () => {
    const stdin = new PassThrough();
    stdin.end("The heron waits at the weir.");
    await ask(["--thread", "piped", "What?", "-c", "-"], { stdin });
    const kept = join(home, "state", "contexts");
    const [thread = ""] = readdirSync(kept);
    const [copy = ""] = readdirSync(join(kept, thread));
    expect(readFileSync(join(kept, thread, copy), "utf8")).toBe("The heron waits at the weir.");
    expect(statSync(join(kept, thread, copy)).mode & 0o777).toBe(0o600);
    const { code, stderr } = await rlm(["runs", "--delete", "piped"]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^Deleted thread piped: .*It was the last: the texts/)]);
    expect(readdirSync(kept)).toEqual([]);
    expect(everything()).not.toMatch(/heron waits at|a bird/);
    expect(await listed()).toEqual([]);
  });

  it("main() runs --delete leaves other threads as they are, and says that texts stay", async () => {
    await ask(["--thread", "one", ...first]);
    await ask(["--thread", "two", ...first]);
    const { stderr } = await rlm(["runs", "--delete", "one"]);
    expect(stderr).toMatch(/they stay, and go with the last thread/);
    expect((await listed()).map(({ id }) => id)).toEqual(["two"]);
    expect((await rlm(["resume", "two"])).stdout).toBe("a bird\n");
  });

  it("main() writes down no key", async () => {
    const env = { RLM_HOME: join(home, "state"), OPENAI_API_KEY: "sk-secret-1" };
    await ask(["--thread", "keys", ...first, "--base-url", "http://localhost:1/v1"], { env });
    expect(everything()).not.toContain("sk-secret-1");
    expect(everything()).toContain("localhost:1");
    const { code, stderr } = await ask(["--thread", "k2", ...first, "--base-url", "http://me:pass@localhost:1/v1"]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/Cannot keep --base-url with a thread: it may hold a key/),
    ]);
  });
});

describe("rlm resume ID", () => {
  it("main() goes on after Ctrl-C without a call that is recorded, by the command that it said", async () => {
    const signals = new EventEmitter();
    const model = ruleModel((messages, { purpose }) => {
      if (purpose !== "sub") return turnOf(messages) === 1 ? repl(twoCalls) : repl("FINAL(one + two)");
      if (messages[0]?.content === "one") return "1";
      signals.emit("SIGINT");
      return new Promise(() => {});
    });
    const stopped = await ask(["--thread", "birds", ...first], { signals, openModel: async () => model });
    expect([stopped.code, stopped.stdout]).toEqual([130, ""]);
    expect(stopped.stderr).toMatch(/Stopped\.\nTo go on, without paying again for what is there: rlm resume birds\n$/);
    expect(await listed()).toMatchObject([{ status: "stopped", calls: 3 }]);
    expect((await ask(["--thread", "birds", "Another?"])).stderr).toMatch(
      /its last question was stopped before its answer; rlm resume birds/,
    );

    const rest = ruleModel((_, { purpose }) => (purpose === "sub" ? "2" : repl("FINAL(one + two)")));
    const { code, stdout, stderr } = await rlm(["resume", "birds"], { openModel: async () => rest });
    expect([code, stdout]).toEqual([0, "12\n"]);
    expect(stderr).not.toContain("error");
    expect(
      rest.calls.map(({ messages, options }) => [options.purpose, messages.length === 1 && messages[0]?.content]),
    ).toEqual([
      ["sub", "two"],
      ["root", false],
    ]);
    expect(await listed()).toMatchObject([{ status: "answered", questions: 1 }]);
  });

  it("main() goes on after a model that failed, and after a limit that is raised; other settings stay", async () => {
    const settings: unknown[] = [];
    const openModel: Io["openModel"] = async (name, options) => {
      settings.push([name, options.contextWindow]);
      return Object.assign(
        ruleModel((messages, { purpose }) => {
          if (purpose !== "sub") return turnOf(messages) === 1 ? repl(twoCalls) : repl("FINAL(one + two)");
          if (settings.length === 1 && messages[0]?.content === "two") throw new Error("boom");
          return "1";
        }),
        { contextWindow: options.contextWindow },
      );
    };
    const broken: Io["openModel"] = async () => () => Promise.reject(new Error("no model today"));
    const failed = await ask(["--thread", "birds", ...first, "--context-window", "50k"], { openModel: broken });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("rlm resume birds");
    expect(await listed()).toMatchObject([
      { status: "failed", error: expect.stringContaining("no model today") as string },
    ]);
    const limited = await rlm(["resume", "birds", "--tokens", "20"], { openModel });
    expect([limited.code, limited.stderr]).toEqual([
      1,
      expect.stringMatching(/--tokens.*raise that limit\n.*rlm resume birds/s),
    ]);
    expect(await listed()).toMatchObject([{ status: "failed", limit: "tokens" }]);
    const { code, stdout, stderr } = await rlm(["resume", "birds", "--tokens", "2M"], { openModel });
    expect([code, stdout]).toEqual([0, "11\n"]);
    expect(stderr).not.toContain("error");
    expect(settings).toEqual([
      ["a:b", 50_000],
      ["a:b", 50_000],
    ]);
  });

  it("main() gives the recorded answer of a thread that is answered, with no model and no key", async () => {
    const asked = JSON.parse((await ask(["--thread", "birds", ...first, "--json"])).stdout) as object;
    const never = { openModel: () => Promise.reject(new Error("a model was opened")) };
    const { code, stdout, stderr } = await rlm(["resume", "birds"], never);
    expect([code, stdout, stderr]).toEqual([0, "a bird\n", "The recorded answer: nothing was asked.\n"]);
    const json = await rlm(["resume", "birds", "--json"], never);
    expect(JSON.parse(json.stdout)).toEqual({ ...asked, largestRequest: 0 });
  });

  it("main() of an answered thread says that --trace gets nothing", async () => {
    await ask(["--thread", "birds", ...first]);
    const { code, stdout, stderr } = await rlm(["resume", "birds", "--trace", "t.jsonl"]);
    expect([code, stdout]).toEqual([0, "a bird\n"]);
    expect(stderr).toMatch(/^No trace at \S+t\.jsonl: nothing is asked\.\nThe recorded answer/);
    expect(readdirSync(folder)).not.toContain("t.jsonl");
  });

  it("main() tells what code runs now, and not that of the questions and turns before as if it did", async () => {
    await ask(["--thread", "birds", ...first]);
    const model = ruleModel((messages) => {
      if (turnOf(messages) === 1) return repl("print(kind.length)");
      throw new Error("no model today");
    });
    const failed = await ask(["--thread", "birds", "And?"], { openModel: async () => model });
    expect(failed.stderr).toMatch(/turn 1: the model writes\ncode: print\(kind\.length\)\ncode ends/);
    expect(failed.stderr).not.toContain("code: const kind");
    const rest = ruleModel(() => repl("FINAL('it')"));
    const { code, stderr } = await rlm(["resume", "birds"], { openModel: async () => rest });
    expect(code).toBe(0);
    expect(stderr).toMatch(/turn 1 is recorded\nturn 2: the model writes\ncode: FINAL/);
    expect(stderr).not.toContain("code: print");
    expect(stderr.match(/code ends/g)).toHaveLength(1);
  });
});

describe("rlm threads that cannot be", () => {
  it.each<[string[], RegExp]>([
    [["ask", "q", "-m", "a:b", "--thread", "a/b"], /Expected --thread to be a name of letters, digits/],
    [["ask", "q", "-m", "a:b", "--thread", "new"], /the first question of thread new needs --context PATH/],
    [["ask", "q", "-c", "no.txt", "-m", "a:b", "--thread", "new"], /no\.txt: there is no such file/],
    [["resume"], /missing required argument/],
    [["resume", ""], /Expected the id of a thread or the path of a trace, got ""/],
    [["resume", "nobody"], /Cannot resume nobody: it is no thread \(rlm runs lists them\), and there is no such file/],
    [["runs", "--delete", "nobody"], /Cannot delete thread nobody: there/],
  ])("main() %j says what is wrong and ends with 2", async (argv, words) => {
    const { code, stdout, stderr } = await rlm(argv);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(words);
    expect(await listed()).toEqual([]);
  });

  it("main() says where no thread is, and where none can be kept", async () => {
    expect(await rlm(["runs"])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: expect.stringMatching(/^No threads in /),
    });
    expect((await rlm(["runs", "--json"])).stdout).toBe("[]\n");
    const env = { RLM_HOME: join(folder, "birds.txt") };
    expect(await ask(["--thread", "a", ...first], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: Cannot keep threads in .*birds\.txt: .*; set RLM_HOME to a folder/),
    });
  });
});

const twoCalls = "const one = await llm_query('one'); const two = await llm_query('two'); print(one, two)";

interface Listed {
  id: string;
}

async function listed(): Promise<Listed[]> {
  return JSON.parse((await rlm(["runs", "--json"])).stdout) as Listed[];
}

/** All bytes of the state folder. */
function everything(): string {
  const state = join(home, "state");
  return readdirSync(state, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

async function ask(argv: string[], world: Partial<Io> = {}): ReturnType<typeof runMain> {
  return await rlm(["ask", "-m", "a:b", "--direct-below", "0", ...argv], world);
}

async function rlm(argv: string[], world: Partial<Io> = {}): ReturnType<typeof runMain> {
  const env = { RLM_HOME: join(home, "state") };
  return await runMain(argv, { cwd: folder, env, openModel: async () => bird, ...world });
}
