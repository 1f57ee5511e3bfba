import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { digestAfter, initialDigest, withoutRolledBack } from "../../digest.ts";
import { ReplayError, SandboxError } from "../../errors.ts";
import type { EndEvent, JournalEvent } from "../../journal.ts";
import type { Session } from "../../sandbox.ts";
import { isolate } from "./isolate.ts";
import { testSession, type TestSession } from "./testing/test-session.ts";

const sandbox = isolate({ warm: 2 });
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

/** A session with calls that depend on the order of results, randomness, an error, a rollback and an answer. */
async function recorded(test: TestSession): Promise<{ hash: string; digest: string }> {
  const session = await open(test.options({ limits: { computeMs: 1_000 } }));
  await test.drive(
    session,
    "const order = []; let luck = Math.random(); await Promise.race([1, 2, 3].map(async (i) => order.push(await llm_query('q' + i)))); print(order)",
  );
  await test.drive(
    session,
    "class Box { constructor(n) { this.n = n } }; const box = new Box(await llm_query('box')); box.n.nothing.here",
  );
  await test.drive(session, "await llm_query('lost'); while (true);");
  await test.drive(
    session,
    "print(box.n, new Date().toISOString(), Math.random()); FINAL({ order, late: await llm_query('late') })",
  );
  const { hash } = await session.inspect();
  await session.close();
  return { hash, digest: session.digest };
}

/** The journal with one event replaced. */
function altered<T extends JournalEvent>(
  journal: readonly JournalEvent[],
  at: (event: JournalEvent) => boolean,
  change: (event: T) => T,
): JournalEvent[] {
  const index = journal.findIndex(at);
  return journal.with(index, change(journal[index] as T));
}

describe("open() with a history", () => {
  it("comes to the same variables, digest and progress, and goes on from there", async () => {
    const test = testSession("a context");
    const { hash, digest } = await recorded(test);
    const history = [...test.journal];
    const session = await open(test.options({ history }));
    expect((await session.inspect()).hash).toBe(hash);
    expect(session.digest).toBe(digest);
    expect(session.last).toMatchObject({ progress: { kind: "done", answer: { json: true } }, outstanding: [] });
    const goOn = "print(order, luck, Math.random(), await llm_query('more'))";
    const first = await test.drive(session, goOn);
    const second = await test.drive(await open(test.options({ history })), goOn);
    expect(first.output.text).toContain("answer to more");
    expect(first.output).toEqual(second.output);
  });

  it("has the digest that the journal gives", async () => {
    const test = testSession("a context");
    const { digest } = await recorded(test);
    expect(withoutRolledBack(test.journal).reduce(digestAfter, initialDigest(test.options()))).toBe(digest);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    "that ends inside a block, after %i events, leaves it there; results that come later lead to the same end",
    async (cut) => {
      const test = testSession("");
      const code =
        "let log = []; await Promise.all(['a', 'b'].map(async (q) => log.push(await llm_query(await llm_query(q))))); print(log)";
      const live = await open(test.options());
      const whole = await test.drive(live, code);
      const session = await open(test.options({ history: test.journal.slice(0, cut) }));
      for (let last = session.last; last.progress?.kind === "waiting"; last = session.last) {
        expect(last.outstanding.length).toBeGreaterThan(0);
        await session.resume(last.outstanding.map((call) => test.result(call, `answer to ${call.prompt}`)));
      }
      expect(session.last.progress).toMatchObject({ kind: "done", output: whole.output });
      expect((await session.inspect()).hash).toBe((await live.inspect()).hash);
    },
  );

  it("of a block that had ended does not judge the memory that it keeps again", async () => {
    const test = testSession("a context");
    const session = await open(test.options({ limits: { heapMb: 64 } }));
    await test.drive(session, "const all = []; for (let i = 0; i < 31; i++) all.push(new Uint8Array(1e6)); all.length");
    const rebuilt = await open(test.options({ history: test.journal, limits: { heapMb: 32 } }));
    expect((await test.drive(rebuilt, "print(all.length); all.length = 0")).output.text).toBe("31\n0\n");
  });

  it("ends the stack of hot code where it ended before, however busy the machine is", async () => {
    const test = testSession("");
    const deep = `let depth = 0, depths = [];
      function down(n) { depth++; return n <= 0 ? 0 : 1 + down(n - 1) }
      for (let round = 0; round < 40; round++) {
        for (let i = 0; i < 30; i++) down(20);
        depth = 0;
        try { down(1e9) } catch {}
        depths.push(depth);
      }`;
    const session = await open(test.options());
    for (let i = 0; i < 3; i++) await test.drive(session, deep);
    const { hash } = await session.inspect();
    const rebuilt = await Promise.all([1, 2, 3, 4].map(() => open(test.options({ history: test.journal }))));
    for (const each of rebuilt) expect((await each.inspect()).hash).toBe(hash);
  });

  it("gives the first block as much stack as it had, whatever came before it", async () => {
    const test = testSession("");
    const session = await open(test.options());
    await session.inspect();
    await test.drive(session, "let depth = 0; const down = () => { depth++; down() }; try { down() } catch {}");
    const { hash } = await session.inspect();
    const rebuilt = await open(test.options({ history: test.journal }));
    expect((await rebuilt.inspect()).hash).toBe(hash);
  });

  it("whose last block was rolled back tells so as its last progress", async () => {
    const test = testSession("");
    const session = await open(test.options({ limits: { computeMs: 200 } }));
    await test.drive(session, "let n = 1");
    const lost = await test.drive(session, "n = 2; while (true);");
    const rebuilt = await open(test.options({ history: test.journal }));
    expect(rebuilt.last).toEqual({ progress: { ...lost, output: { text: "", chars: 0 } }, outstanding: [] });
    expect((await test.drive(rebuilt, "print(n)")).output.text).toBe("1\n");
  });

  it("gives a block that ended more time than it may have now", async () => {
    const test = testSession("");
    await test.drive(await open(test.options()), "let i = 0; while (i < 3e8) i++; print(i)");
    const { computeMs } = test.journal.at(-1) as EndEvent;
    const session = await open(
      test.options({ history: test.journal, limits: { computeMs: Math.ceil(computeMs / 3) } }),
    );
    expect((await test.drive(session, "print(i)")).output.text).toBe("300000000\n");
  });

  const isResult = ({ type }: JournalEvent): boolean => type === "result";
  const changes: Record<string, [(journal: JournalEvent[]) => JournalEvent[], RegExp]> = {
    "code that asks something else": [
      (journal) =>
        altered<JournalEvent & { type: "block" }>(
          journal,
          ({ type }) => type === "block",
          (block) => ({ ...block, code: block.code.replace("'q' + i", "'Q' + i") }),
        ),
      /^Cannot replay block 1: call 1 differs: the journal has [0-9a-f]{12}, the code asks [0-9a-f]{12} \(llm "Q1"\)$/,
    ],
    "code that asks less": [
      (journal) =>
        altered<JournalEvent & { type: "block" }>(
          journal,
          ({ type }) => type === "block",
          (block) => ({ ...block, code: block.code.replace("[1, 2, 3]", "[1, 2]") }),
        ),
      /^Cannot replay block 1: the journal has call 3 \([0-9a-f]{12}\), the code did not make it$/,
    ],
    "code that asks more": [
      (journal) =>
        altered<JournalEvent & { type: "block" }>(
          journal,
          ({ type }) => type === "block",
          (block) => ({ ...block, code: `${block.code}; await llm_query("more")` }),
        ),
      /^Cannot replay block 1: it had ended, now it waits for call 4 \(llm "more"\)$/,
    ],
    "another result": [
      (journal) =>
        altered<JournalEvent & { type: "result" }>(journal, isResult, (result) => ({ ...result, ref: other })),
      /^Cannot replay block 1: its output differs at character \d+/,
    ],
    "a result of another call": [
      (journal) =>
        altered<JournalEvent & { type: "result" }>(journal, isResult, (result) => ({
          ...result,
          hash: "0".repeat(64),
        })),
      /^Cannot replay block 1: call \d differs: the journal has 000000000000/,
    ],
    "another output": [
      (journal) =>
        altered<EndEvent>(
          journal,
          ({ type }) => type === "end",
          (end) => ({ ...end, output: { text: "x", chars: 1 } }),
        ),
      /^Cannot replay block 1: its output differs at character \d+: the journal has "/,
    ],
    "another error": [
      (journal) =>
        altered<EndEvent>(
          journal,
          (event) => event.type === "end" && event.error !== undefined,
          (end) => ({ ...end, error: { kind: "thrown", message: "Error: no" } }),
        ),
      /^Cannot replay block 2: its error differs/,
    ],
    "another answer": [
      (journal) =>
        altered<EndEvent>(
          journal,
          (event) => event.type === "end" && event.answer !== undefined,
          (end) => ({ ...end, answer: { ref: other, json: true } }),
        ),
      /^Cannot replay block 3: its answer differs/,
    ],
  };
  const test = testSession("");
  const other = test.result({ id: 1, kind: "llm", hash: "", prompt: "", options: {} }, "another text").ref;
  // Before any test of this file: what one of them leaves open is closed at its end.
  beforeAll(async () => {
    await recorded(test);
  });

  it.each(Object.entries(changes))(
    "and %s throws a ReplayError that names the first difference",
    async (_name, [change, message]) => {
      const opening = open(test.options({ history: change(test.journal) }));
      await expect(opening).rejects.toThrow(ReplayError);
      await expect(opening).rejects.toThrow(message);
    },
  );

  it("in which a block that had ended runs too long is an error and no rollback", async () => {
    const endless = testSession("");
    endless.journal.push(
      { type: "block", code: "while (true);", clock: 1 },
      { type: "end", output: { text: "", chars: 0 }, computeMs: 1 },
    );
    const opening = open(endless.options({ history: endless.journal, limits: { computeMs: 100 } }));
    await expect(opening).rejects.toThrow(SandboxError);
    await expect(opening).rejects.toThrow(/Cannot rebuild the session: block 1 had ended, now it does not/);
  });
});
