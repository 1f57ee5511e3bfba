import { afterAll, afterEach, describe, expect, it } from "vitest";
import { InputError, SandboxError } from "../../errors.ts";
import type { Session } from "../../sandbox.ts";
import { isolate } from "./isolate.ts";
import { activeLayers } from "../../confined/layers.ts";
import { testSession } from "./testing/test-session.ts";

const sandbox = isolate();
const opened: Session[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((session) => session.close()));
});
afterAll(() => sandbox.close());

async function open(...[options]: Parameters<typeof sandbox.open>): Promise<Session> {
  const session = await sandbox.open(options);
  opened.push(session);
  return session;
}

describe("isolate()", () => {
  it.each([
    [{ maxProcesses: 0 }, "Expected maxProcesses to be an integer of 1 or more, got 0"],
    [{ maxProcesses: 1.5 }, "Expected maxProcesses"],
    [{ warm: -1 }, "Expected warm to be an integer of 0 or more, got -1"],
    [{ execPath: "" }, "Expected execPath"],
    [{ require: ["no-luck"] }, 'got "no-luck"'],
    [{ require: "no-network" }, "Expected require to be a list"],
    [{ processes: 1 }, 'Unknown option "processes" of isolate()'],
  ])("refuses %j", (options, message) => {
    expect(() => isolate(options as object)).toThrow(InputError);
    expect(() => isolate(options as object)).toThrow(message);
  });

  it("says which V8 its sessions have", () => {
    expect(sandbox.v8).toBe(process.versions.v8);
    expect(() => isolate({ execPath: "/nowhere/node" }).v8).toThrow(SandboxError);
  });

  it("open() says what is wrong when the process cannot start", async () => {
    const { options } = testSession("");
    await expect(isolate({ execPath: "/nowhere/node" }).open(options())).rejects.toThrow(
      /Cannot start a sandbox process for session \d+.*nowhere/,
    );
  });

  it("open() refuses where a required layer is missing, and opens where it is there", async () => {
    const { options } = testSession("");
    for (const { name, active } of await activeLayers()) {
      const opening = isolate({ require: [name], warm: 0 }).open(options());
      if (active) await (await opening).close();
      else await expect(opening).rejects.toThrow(`"${name}" is missing`);
    }
  });

  it("open() refuses a context that is too long for a string and says what to do", async () => {
    const { options } = testSession("");
    const contexts = [{ name: "log", kind: "string", length: 500_000_001, ref: "sha256:00", prefix: "" }] as const;
    const opening = open(options({ contexts }));
    await expect(opening).rejects.toThrow(InputError);
    await expect(opening).rejects.toThrow(/"log" has 500,000,001 characters.*LongText.*cut it/);
  });

  it.each([
    ["ASCII", "abc".repeat(1_000_000)],
    ["latin1", "é\u0000ÿ".repeat(1_000_000)],
    ["wide", "한글 \ud800a".repeat(1_000_000)],
    ["wide only at its end", `${"a".repeat(5_000_000)}한`],
    ["empty", ""],
  ])("hands over a context that is %s", async (_name, context) => {
    const { options, drive } = testSession(context);
    const session = await open(options());
    const { output } = await drive(
      session,
      "let sum = 0; for (let i = 0; i < context.length; i++) sum = (sum * 31 + context.charCodeAt(i)) % 1000003; print(context.length, sum)",
    );
    let sum = 0;
    for (let i = 0; i < context.length; i++) sum = (sum * 31 + context.charCodeAt(i)) % 1_000_003;
    expect(output.text).toBe(`${context.length} ${sum}\n`);
  });

  it.each([
    ["longer", 6],
    ["shorter", 8],
  ])("open() refuses a context that is %s than its reference says", async (_name, length) => {
    const { options } = testSession("context");
    const [ref] = options().contexts;
    const opening = open(
      options({ contexts: [{ name: "context", kind: "string", prefix: "", ...ref, ref: ref?.ref ?? "", length }] }),
    );
    await expect(opening).rejects.toThrow(SandboxError);
    await expect(opening).rejects.toThrow(`context "context" has 7 characters, its reference says ${length}`);
  });

  it("hands over several contexts, JSON among them", async () => {
    const { options, drive } = testSession('["a","한"]', "array");
    const [list] = options().contexts;
    const session = await open(
      options({
        contexts: [
          { ...list!, name: "list" },
          { ...list!, name: "text", kind: "string" },
        ],
      }),
    );
    const { output, error } = await drive(session, "print(list.length, list[1], text.length)");
    expect({ output, error }).toEqual({ output: { text: "2 한 9\n", chars: 6 }, error: undefined });
  });
});

describe("session of isolate()", () => {
  it("run() keeps variables from block to block", async () => {
    const { options, drive } = testSession("hello");
    const session = await open(options());
    await drive(session, "const n = context.length; function twice(x) { return 2 * x }");
    const { output, error } = await drive(session, "print(twice(n))");
    expect({ output, error }).toEqual({ output: { text: "10\n", chars: 3 }, error: undefined });
  });

  it("run() tells calls as they come, resume() takes any subset of the results", async () => {
    const { options, result } = testSession("");
    const session = await open(options());
    const first = await session.run({
      code: "const [a, b] = await Promise.all(['x', 'y'].map((q) => llm_query(q))); print(a, b, await llm_query(a + b))",
      clock: 1,
    });
    expect(first).toMatchObject({
      kind: "waiting",
      calls: [
        { id: 1, kind: "llm", prompt: "x", options: {} },
        { id: 2, prompt: "y" },
      ],
    });
    const [x, y] = session.last.outstanding;
    expect(await session.resume([result(y!, "Y")])).toEqual({ kind: "waiting", calls: [] });
    expect(session.last.outstanding).toEqual([x]);
    const third = await session.resume([result(x!, "X")]);
    expect(third).toMatchObject({ kind: "waiting", calls: [{ id: 3, prompt: "XY" }] });
    const done = await session.resume([result(session.last.outstanding[0]!, "Z")]);
    expect(done).toMatchObject({ kind: "done", output: { text: "X Y Z\n" } });
    expect(session.last).toEqual({ progress: done, outstanding: [] });
  });

  it("resume() takes results that come after FINAL has ended the block, and nothing sees them", async () => {
    const { options, result } = testSession("");
    const session = await open(options());
    const progress = await session.run({
      code: "llm_query('slow').then(print); print(1); FINAL(await llm_query('fast'))",
      clock: 1,
    });
    const [slow, fast] = progress.kind === "waiting" ? progress.calls : [];
    const done = await session.resume([result(fast!, "F")]);
    expect(done).toMatchObject({ kind: "done", answer: { text: "F", json: false } });
    const digest = session.digest;
    expect(await session.resume([result(slow!, "S")])).toBe(done);
    expect(session.digest).not.toBe(digest);
  });

  it("run() and resume() say what is wrong when they are used out of turn", async () => {
    const { options, result } = testSession("");
    const session = await open(options());
    const call = { id: 1, kind: "llm", hash: "h", prompt: "p", options: {} } as const;
    await expect(session.resume([])).rejects.toThrow(/Cannot resume: session \d+ has run no block/);
    const running = session.run({ code: "await llm_query('q')", clock: 1 });
    await expect(session.run({ code: "1", clock: 1 })).rejects.toThrow(/Cannot run code: session \d+ is busy/);
    const progress = await running;
    await expect(session.run({ code: "1", clock: 1 })).rejects.toThrow(
      /Cannot run code: a block of session \d+ is open/,
    );
    await expect(session.resume([result({ ...call, id: 7 }, "")])).rejects.toThrow(
      /Cannot resume: call 7 of session \d+ is not outstanding/,
    );
    await expect(session.resume([result(call, "")])).rejects.toThrow(
      /Cannot resume: call 1 of session \d+ has the hash [0-9a-f]{64}, its result answers h/,
    );
    const [asked] = progress.kind === "waiting" ? progress.calls : [];
    await expect(session.resume([result(asked!, ""), result(asked!, "")])).rejects.toThrow("is not outstanding");
    await session.close();
    await expect(session.run({ code: "1", clock: 1 })).rejects.toThrow(/Cannot run code: session \d+ is closed/);
    await expect(session.inspect()).rejects.toThrow(SandboxError);
    await expect(session.close()).resolves.toBeUndefined();
  });

  it("inspect() tells the variables, and a hash that only their values change", async () => {
    const { options, drive } = testSession("");
    const session = await open(options());
    await drive(session, "let a = [1, 2]; let text = 'abc'");
    const before = await session.inspect();
    expect(before.variables).toMatchObject([
      { name: "a", type: "array", preview: "[1, 2]" },
      { name: "text", type: "string", preview: "abc" },
    ]);
    expect((await session.inspect()).hash).toBe(before.hash);
    await drive(session, "a.push(3)");
    expect((await session.inspect()).hash).not.toBe(before.hash);
  });

  it("has the errors of the model's code as data", async () => {
    const { options, drive } = testSession("");
    const session = await open(options());
    expect((await drive(session, "const = 5")).error?.kind).toBe("syntax");
    expect((await drive(session, "print(1)\nconst x = nothing()")).error).toMatchObject({
      kind: "thrown",
      message: expect.stringMatching(/ReferenceError: nothing is not defined\n.*:2:/),
    });
    expect((await drive(session, "await new Promise(() => {})")).error?.kind).toBe("deadlock");
  });
});
