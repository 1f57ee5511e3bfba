import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { runAsk, type Io, type Terminal } from "rlm-cli";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runMain } from "./run-main.ts";
import { repl, ruleModel, turnOf } from "./scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-approve-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "birds.txt"), "The heron waits.\nThe heron strikes.\n");
let home = "";
beforeEach(() => {
  home = mkdtempSync(join(folder, "home-"));
});

const question = ["ask", "What?", "-c", "birds.txt", "-m", "a:b", "--direct-below", "0"];
/** Two turns, a sub-call in each; it keeps what it is asked. */
function birds() {
  return ruleModel((messages, { purpose }) => {
    if (purpose === "sub") return `<${messages[0]?.content}>`;
    const turn = turnOf(messages);
    return repl(turn === 1 ? "const one = await llm_query('one'); print(one)" : "FINAL(one + await llm_query('two'))");
  });
}

describe("rlm ask --approve", () => {
  it("main() asks about code and answer, and goes by what is said", async () => {
    const model = ruleModel((messages, { purpose }) => {
      if (purpose === "sub") return "a bird";
      return repl(turnOf(messages) === 1 ? "print(await llm_query('one'))" : "FINAL(await llm_query('two'))");
    });
    const { code, stdout, stderr } = await rlm([...question, "--approve", "code,answer"], {
      model,
      typed: ["n", "use another prompt", "y", "e", "a heron", "."],
    });
    expect([code, stdout]).toEqual([0, "a heron\n"]);
    expect(stderr).toContain("  | print(await llm_query('one'))\n");
    expect(stderr).toContain("The answer (final):\n  | a bird\n");
    // No sub-call was made for code that did not run, and what was said is told to the model.
    const asked = model.calls.map(({ messages }) => JSON.stringify(messages));
    expect(asked.filter((_, at) => model.calls[at]?.options.purpose === "sub")).toEqual([
      expect.stringContaining("two"),
    ]);
    expect(asked[1]).toContain("use another prompt");
  });

  it("main() raises a limit as it is typed", async () => {
    const { code, stdout, stderr } = await rlm([...question, "--calls", "3", "--approve", "budget"], {
      typed: ["20"],
    });
    expect([code, stdout]).toEqual([0, "<one><two>\n"]);
    expect(stderr).toMatch(/The limit --calls is reached \(turn \d\): it is 3, spent \d.*\n.*\nRaise it\? y to \d/);
  });

  it("runAsk() asks before a tool of its own is called", async () => {
    const sent: unknown[] = [];
    const preset = {
      name: "mail",
      description: "",
      question: "Write to them",
      model: "a:b",
      load: async () => {
        const context = "word ".repeat(10);
        return { context, words: "", bytes: 50, chars: 50, length: 50, async *pieces() {} };
      },
      tools: [
        {
          name: "mail",
          description: "",
          parameters: { type: "object", properties: { to: { type: "string" } } },
          run: async (args: object) => (sent.push(args), "sent"),
        },
      ],
    };
    const model = ruleModel(() => repl("FINAL(await tools.mail({ to: 'all' }))"));
    const argv = ["--direct-below", "0", "--no-trace"];
    const asked = await rlm([...argv, "--approve", "tools"], {
      model,
      typed: ["e", '{ "to": "one" }', "."],
      run: (given, io) => runAsk(given, io, preset),
    });
    expect([asked.code, asked.stdout, sent]).toEqual([0, "sent\n", [{ to: "one" }]]);
    expect(asked.stderr).toMatch(/wants to call the tool mail \(turn 1\) with:\n {2}\| \{\n {2}\| {3}"to": "all"/);
    await rlm(argv, { model, run: (given, io) => runAsk(given, io, preset) });
    expect(sent).toHaveLength(2);
  });

  it("main() without a terminal ends with 2 before anything is opened, read or paid", async () => {
    const model = birds();
    const { code, stdout, stderr } = await rlm([...question, "-c", "no.txt", "--approve", "code"], { model });
    expect([code, stdout, model.calls]).toEqual([2, "", []]);
    expect(stderr).toMatch(/^error: Cannot ask for what --approve says: there is no terminal .* with --thread ID/);
    expect((await rlm([...question, "--approve", "cod"], { model })).stderr).toMatch(
      /Expected code, tools, budget, answer, several with commas, or none/,
    );
  });

  it("main() at Ctrl-C while a question stands says how to go on, and that asks the question again and pays nothing twice", async () => {
    const model = birds();
    const trace = join(home, "it's.jsonl");
    const signals = new EventEmitter();
    const argv = [...question, "--trace", trace, "--approve", "code"];
    const stopped = await rlm(argv, { model, signals, typed: ["y", () => signals.emit("SIGINT")] });
    expect([stopped.code, stopped.stdout, model.calls.length]).toEqual([130, "", 3]);
    const [, command = ""] = /: rlm (resume .*)\n$/.exec(stopped.stderr) ?? [];
    expect(command).toMatch(/ --context birds\.txt --model a:b --approve code --direct-below 0$/);
    const words = command
      .replaceAll(String.raw`'\''`, "’")
      .replaceAll("'", "")
      .replaceAll("’", "'")
      .split(" ");
    const { code, stdout, stderr } = await rlm(words, { model, typed: ["y"] });
    expect([code, stdout, model.calls.length]).toEqual([0, "<one><two>\n", 4]);
    expect(stderr).toContain("  | FINAL(one + await llm_query('two'))");
  });
});

describe("rlm ask --thread --approve", () => {
  it("main() without a terminal waits with 5, says for what, and is gone on with by one who can be asked", async () => {
    const model = birds();
    const thread = [...question, "--thread", "birds", "--approve", "code,answer"];
    const waits = await rlm(thread, { model });
    expect([waits.code, waits.stdout, model.calls.length]).toEqual([5, "", 1]);
    expect(waits.stderr).toMatch(
      /The run waits for a person to be asked:\nThe model wants to run this code \(turn 1\):\n {2}\| const one.*\n.*: rlm resume birds\n$/,
    );
    expect(await status()).toEqual(["waiting", null, 1]);
    expect((await rlm([...question, "--thread", "birds"], { model })).stderr).toMatch(
      /its last question waits for an approval; rlm resume birds/,
    );

    const json = await rlm(["resume", "birds", "--json"], { model });
    expect([json.code, JSON.parse(json.stdout), model.calls.length]).toEqual([
      5,
      expect.objectContaining({ answer: null, status: "waiting", usage: expect.objectContaining({ calls: 1 }) }),
      1,
    ]);

    const signals = new EventEmitter();
    const stopped = await rlm(["resume", "birds"], { model, signals, typed: ["y", () => signals.emit("SIGINT")] });
    expect([stopped.code, model.calls.length]).toEqual([130, 3]);
    expect(await status()).toEqual(["stopped", expect.anything(), 3]);

    const { code, stdout } = await rlm(["resume", "birds"], { model, typed: ["y", "n", "shorter", "y", "y"] });
    expect([code, stdout]).toEqual([0, "<one><two>\n"]);
    expect(model.calls.some(({ messages }) => JSON.stringify(messages).includes("shorter"))).toBe(true);
    expect(await status()).toEqual(["answered", null, expect.any(Number)]);
  });

  it("main() resume --approve none asks nothing any more, and --approve asks what was not to be asked", async () => {
    const model = birds();
    await rlm([...question, "--thread", "birds", "--approve", "code"], { model });
    const waits = await rlm(["resume", "birds", "--approve", "answer"], { model });
    expect([waits.code, model.calls.length]).toEqual([5, 4]);
    expect(waits.stderr).toContain("The answer (final):\n  | <one><two>");
    const { code, stdout } = await rlm(["resume", "birds", "--approve", "none"], { model });
    expect([code, stdout, model.calls.length]).toEqual([0, "<one><two>\n", 4]);
  });

  it("main() waits at a limit too, and a raised one needs nobody", async () => {
    const model = birds();
    const thread = [...question, "--thread", "birds", "--calls", "3", "--approve", "budget"];
    const waits = await rlm(thread, { model });
    expect([waits.code, waits.stderr]).toEqual([5, expect.stringContaining("The limit --calls is reached")]);
    const { code, stdout } = await rlm(["resume", "birds", "--calls", "20"], { model });
    expect([code, stdout, model.calls.length]).toEqual([0, "<one><two>\n", 4]);
  });
});

async function status(): Promise<unknown[]> {
  const [thread] = JSON.parse((await rlm(["runs", "--json"])).stdout) as {
    status: string;
    error: string;
    calls: number;
  }[];
  return [thread?.status, thread?.error, thread?.calls];
}

interface World {
  model?: ReturnType<typeof birds>;
  /** What a person types at each question; without it there is no terminal. */
  typed?: (string | (() => void))[];
  signals?: EventEmitter;
  run?: (argv: string[], io: Io) => Promise<number>;
}

async function rlm(
  argv: string[],
  { model = birds(), typed, signals = new EventEmitter(), run }: World = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const stderr = new PassThrough();
  const heard = text(stderr);
  const io = {
    cwd: folder,
    env: { RLM_HOME: join(home, "state") },
    signals,
    stderr,
    openModel: async () => model,
    ...(typed && { openTerminal: () => terminalOf(stderr, [...typed]) }),
  };
  if (run === undefined) {
    const ended = await runMain(argv, io);
    stderr.end();
    return { ...ended, stderr: await heard };
  }
  const stdout = new PassThrough();
  const said = text(stdout);
  const code = await run(argv, { stdin: new PassThrough(), stdout, exit: () => {}, ...io });
  stdout.end();
  stderr.end();
  return { code, stdout: await said, stderr: await heard };
}

/** A terminal at which somebody reads the questions and types. */
function terminalOf(stderr: PassThrough, typed: (string | (() => void))[]): Terminal {
  const input = new PassThrough();
  stderr.on("data", (chunk: Buffer) => {
    const asked = String(chunk);
    if (!/(quit: |nothing\): |in that program\):\n)$/.test(asked)) return;
    const count = asked.endsWith(":\n") ? typed.indexOf(".") + 1 : 1;
    for (const one of typed.splice(0, count)) {
      if (typeof one === "string") input.write(`${one}\n`);
      else one();
    }
  });
  return { input, stdio: [0, 1, 2], close() {} };
}
