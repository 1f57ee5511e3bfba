import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { Session, SubCall } from "../../sandbox.ts";
import { isolate } from "./isolate.ts";
import type { ChildScript } from "./testing/scripted-child.ts";
import { ended, isRunning, killChild, openScripted, sandboxPids, script, testSession } from "./testing/test-session.ts";

const sandbox = isolate({ warm: 0 });
const opened: Session[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((session) => session.close()));
  expect(sandboxPids()).toEqual([]);
});
afterAll(() => sandbox.close());

async function open(...[options]: Parameters<typeof sandbox.open>): Promise<Session> {
  const session = await sandbox.open(options);
  opened.push(session);
  return session;
}

async function openChild(...[options]: Parameters<typeof sandbox.open>): Promise<Session> {
  const session = await openScripted(options);
  opened.push(session);
  return session;
}

const call = (id: number): object => ({ type: "call", call: { id, kind: "llm", prompt: `p${id}`, options: {} } });
const waiting = { type: "waiting" };
const done = { type: "done", done: { output: { text: "ok", chars: 2 }, computeMs: 1 } };

describe("a process that is killed from outside", () => {
  it("between blocks is no error: the next block has the variables", async () => {
    const { options, drive } = testSession("");
    const session = await open(options());
    await drive(session, "let n = await llm_query('q'); let r = Math.random()");
    const { hash } = await session.inspect();
    await killChild();
    expect((await drive(session, "print(n)")).output.text).toBe("answer to q\n");
    expect((await session.inspect()).hash).toBe(hash);
  });

  it("while the code waits is no error: the code goes on", async () => {
    const { options, result } = testSession("");
    const session = await open(options());
    await session.run({
      code: "let order = []; await Promise.all(['a', 'b', 'c'].map(async (q) => order.push(await llm_query(q)))); print(order)",
      clock: 1,
    });
    const [a, b, c] = session.last.outstanding as [SubCall, SubCall, SubCall];
    await session.resume([result(c, "C")]);
    await killChild();
    await session.resume([result(a, "A")]);
    await killChild();
    expect(await session.resume([result(b, "B")])).toMatchObject({
      kind: "done",
      output: { text: '["C", "A", "B"]\n' },
    });
  });

  it("while the code computes is no error the first time: the block is run again", async () => {
    const { options, drive } = testSession("");
    const session = await open(options());
    await drive(session, "let n = 41");
    const running = drive(session, "for (let i = 0; i < 5e8; i++); n++; print(n)");
    await new Promise((resolve) => setImmediate(resolve));
    await killChild();
    expect(await running).toMatchObject({ output: { text: "42\n" } });
  });
});

describe("a block that is rolled back", () => {
  it("for its time says computeMs, and leaves the variables as they were", async () => {
    const { options, drive } = testSession("");
    const session = await open(options({ limits: { computeMs: 300 } }));
    await drive(session, "let n = 1");
    const before = { hash: (await session.inspect()).hash, digest: session.digest };
    const lost = await drive(session, "n = await llm_query('q'); while (true);");
    expect(lost).toMatchObject({
      rolledBack: true,
      error: { kind: "timeout", message: expect.stringMatching(/300 ms.*counts as not run/) },
    });
    expect(session.last).toEqual({ progress: lost, outstanding: [] });
    expect({ hash: (await session.inspect()).hash, digest: session.digest }).toEqual(before);
    expect((await drive(session, "print(n)")).output.text).toBe("1\n");
  });

  it("for its time is killed from outside where nothing inside can stop it", async () => {
    const { options } = testSession("");
    const session = await openChild(options({ limits: { computeMs: 10 } }));
    expect(await session.run(script({ hang: true }))).toMatchObject({
      rolledBack: true,
      error: { kind: "timeout", message: expect.stringContaining("10 ms") },
    });
    expect(await session.run(script({ frames: [done] }))).toMatchObject({ output: { text: "ok" } });
  });

  it("for its memory says heapMb, from inside the isolate", async () => {
    const { options, drive } = testSession("");
    const session = await open(options({ limits: { heapMb: 32 } }));
    expect(
      await drive(session, "const all = []; while (true) all.push(new Array(1000).fill(all.length))"),
    ).toMatchObject({ rolledBack: true, error: { kind: "memory", message: expect.stringContaining("32 MB") } });
    expect((await drive(session, "print(typeof all)")).output.text).toBe("undefined\n");
  });

  it("for its memory is killed from outside where nothing inside can stop it", async () => {
    const { options } = testSession("");
    const session = await openChild(options({ limits: { heapMb: 32 } }));
    expect(await session.run(script({ takeMb: 500, hang: true }))).toMatchObject({
      rolledBack: true,
      error: { kind: "memory", message: expect.stringContaining("32 MB") },
    });
  });

  it("has a memory error too if its process says that it died of that", async () => {
    const { options } = testSession("");
    const session = await openChild(options());
    expect(
      await session.run(script({ stderr: "FATAL ERROR: JavaScript heap out of memory", exit: 134 })),
    ).toMatchObject({ rolledBack: true, error: { kind: "memory" } });
  });

  it("after it has ended two processes, in one entry or in two", async () => {
    const { options, result } = testSession("");
    const session = await openChild(options());
    expect(await session.run(script({ exit: 3 }))).toMatchObject({ rolledBack: true, error: { kind: "died" } });
    const { digest } = session;
    await session.run(script({ frames: [call(1), waiting] }));
    const [asked] = session.last.outstanding;
    expect(await session.resume([result(asked!, JSON.stringify({ exit: 3 }))])).toMatchObject({
      rolledBack: true,
      error: { kind: "died" },
    });
    expect(session.digest).toBe(digest);
    expect(await session.run(script({ frames: [done] }))).toMatchObject({ output: { text: "ok" } });
  });
});

describe("a process that lies", () => {
  it.each<[string, ChildScript]>([
    ["bytes that are no frame", { bytes: "what is this" }],
    ["a frame that is too long", { bytes: "\u00ff\u00ff\u00ff\u007f{}" }],
    ["a frame of no known type", { frames: [{ type: "shell", command: "ls" }] }],
    ["no object", { frames: ["waiting"] }],
    ["a frame of another exchange", { frames: [{ type: "opened" }] }],
    ["to wait for nothing", { frames: [waiting] }],
    ["an id twice", { frames: [call(1), call(1), waiting] }],
    [
      "more calls than a block may have",
      { frames: [...Array.from({ length: 10_001 }, (_, id) => call(id + 1)), waiting] },
    ],
    ["an end that is none", { frames: [{ type: "done", done: { computeMs: 1 } }] }],
    ["two ends", { frames: [{ type: "done", done: { output: { text: "", chars: -1 } } }, done] }],
  ])("loses its block and itself when it sends %s", async (_name, lie) => {
    const { options } = testSession("");
    const session = await openChild(options());
    const [pid] = sandboxPids();
    expect(await session.run(script(lie))).toMatchObject({ rolledBack: true, error: { kind: "died" } });
    expect(isRunning(pid!)).toBe(false);
    expect(await session.run(script({ frames: [done] }))).toMatchObject({ output: { text: "ok" } });
  });

  it("may not answer with more than it was opened for", async () => {
    const { options } = testSession("");
    const session = await openChild(options({ responseFormat: { type: "number" }, limits: { promptChars: 100 } }));
    const answered = (text: string): object => ({ type: "done", done: { ...done.done, answer: { text, json: true } } });
    expect(await session.run(script({ frames: [answered("7")] }))).toMatchObject({ answer: { text: "7" } });
    expect(await session.run(script({ frames: [answered('"seven"')] }))).toMatchObject({ error: { kind: "died" } });
    expect(
      await session.run(
        script({
          frames: [{ type: "call", call: { id: 1, kind: "llm", prompt: "p".repeat(101), options: {} } }, waiting],
        }),
      ),
    ).toMatchObject({ error: { kind: "died" } });
  });

  it("may not say that it computed for longer than its parent waited", async () => {
    const { options } = testSession("");
    const session = await openChild(options());
    const begin = performance.now();
    const ended = await session.run(script({ frames: [{ type: "done", done: { ...done.done, computeMs: 1e12 } }] }));
    expect(ended).toMatchObject({ output: { text: "ok" } });
    expect(ended.kind === "done" && ended.computeMs).toBeLessThanOrEqual(performance.now() - begin);
  });

  it("is found out also when it speaks without being asked", async () => {
    const { options } = testSession("");
    const session = await openChild(options());
    const [pid] = sandboxPids();
    expect(await session.run(script({ frames: [done, done] }))).toMatchObject({ output: { text: "ok" } });
    await ended(pid!);
  });

  it("is found out also when it begins to", async () => {
    const { options } = testSession("");
    const session = await openChild(options());
    const [pid] = sandboxPids();
    expect(await session.run(script({ frames: [done], bytes: "\u0000\u0000\u0000\u0010{" }))).toMatchObject({
      output: { text: "ok" },
    });
    await ended(pid!);
  });
});

describe("an abort", () => {
  it("rejects with its reason at once, kills the process, and leaves the session where it was", async () => {
    const { options, drive } = testSession("");
    const session = await open(options());
    await drive(session, "let n = 1");
    const { digest } = session;
    const [pid] = sandboxPids();
    const abort = new AbortController();
    const running = session.run({ code: "n = 2; while (true);", clock: 5 }, abort.signal);
    await new Promise((resolve) => setImmediate(resolve));
    const begin = performance.now();
    abort.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    expect(performance.now() - begin).toBeLessThan(1_000);
    await ended(pid!);
    expect(session.digest).toBe(digest);
    expect((await drive(session, "print(n)")).output.text).toBe("1\n");
  });

  it("of resume() leaves the calls outstanding, to be resumed again", async () => {
    const { options, result } = testSession("");
    const session = await open(options());
    await session.run({ code: "const text = await llm_query('q'); while (text === 'loop'); print(text)", clock: 1 });
    const [asked] = session.last.outstanding;
    const abort = new AbortController();
    const running = session.resume([result(asked!, "loop")], abort.signal);
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await expect(running).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    expect(session.last.outstanding).toEqual([asked]);
    expect(await session.resume([result(asked!, "fine")])).toMatchObject({ output: { text: "fine\n" } });
  });

  it("of open() leaves no process", async () => {
    const { options, drive, journal } = testSession("");
    const session = await open(options());
    await drive(session, "for (let i = 0; i < 3e8; i++);");
    await session.close();
    const abort = new AbortController();
    const opening = open(options({ history: journal, signal: abort.signal }));
    setImmediate(() => abort.abort(new Error("enough")));
    await expect(opening).rejects.toThrow("enough");
    await expect(open(options({ signal: abort.signal }))).rejects.toThrow("enough");
  });

  it("by close() ends what runs with an error that says so", async () => {
    const { options } = testSession("");
    const session = await open(options());
    const running = session.run({ code: "while (true);", clock: 1 });
    const closing = session.close();
    await expect(running).rejects.toThrow(/session \d+ was closed/);
    await closing;
    expect(sandboxPids()).toEqual([]);
  });
});
