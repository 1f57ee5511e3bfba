import { afterEach, describe, expect, it } from "vitest";
import type { Sandbox, Session } from "../../sandbox.ts";
import { isolate } from "./isolate.ts";
import { sandboxPids, testSession } from "./testing/test-session.ts";

const sandboxes: Sandbox[] = [];
const opened: Session[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((session) => session.close()));
  await Promise.all(sandboxes.splice(0).map((sandbox) => sandbox.close()));
  expect(sandboxPids()).toEqual([]);
});

function create(...args: Parameters<typeof isolate>): Sandbox {
  const sandbox = isolate(...args);
  sandboxes.push(sandbox);
  return sandbox;
}

async function open(sandbox: Sandbox, ...[options]: Parameters<Sandbox["open"]>): Promise<Session> {
  const session = await sandbox.open(options);
  opened.push(session);
  return session;
}

describe("isolate({ maxProcesses })", () => {
  it("1 finishes with a parent that waits for four children", async () => {
    const sandbox = create({ maxProcesses: 1, warm: 0 });
    const [parentTest, childTest] = [testSession("parent"), testSession("child")];
    const parent = await open(sandbox, parentTest.options());
    await parent.run({
      code: "const parts = await Promise.all([1, 2, 3, 4].map((i) => rlm_query('part ' + i, context))); print(parts, context)",
      clock: 1,
    });
    const answers = await Promise.all(
      parent.last.outstanding.map(async (call) => {
        const child = await open(sandbox, childTest.options());
        const { answer } = await childTest.drive(
          child,
          `FINAL(context + await llm_query(${JSON.stringify(call.prompt)}))`,
        );
        expect(sandboxPids().length).toBeLessThanOrEqual(1);
        return parentTest.result(call, answer?.text ?? "");
      }),
    );
    const results = [];
    for (const answer of answers) results.push(await parent.resume([answer]));
    expect(results.at(-1)).toMatchObject({
      output: {
        text: '["childanswer to part 1", "childanswer to part 2", "childanswer to part 3", "childanswer to part 4"] parent\n',
      },
    });
  });

  it("2 keeps the variables of five sessions, and never has a third process", async () => {
    const sandbox = create({ maxProcesses: 2, warm: 0 });
    const sessions = await Promise.all(
      [0, 1, 2, 3, 4].map(async (seed) => {
        const test = testSession("");
        return { test, session: await open(sandbox, test.options({ seed })) };
      }),
    );
    for (let round = 0; round < 2; round++) {
      await Promise.all(
        sessions.map(async ({ test, session }, i) => {
          const { output, error } = await test.drive(
            session,
            round === 0 ? `let n = await llm_query("${i}")` : "print(n)",
          );
          expect(sandboxPids().length).toBeLessThanOrEqual(2);
          expect({ output: output.text, error }).toEqual({
            output: round === 0 ? "" : `answer to ${i}\n`,
            error: undefined,
          });
        }),
      );
    }
  });

  it("opens sessions beyond it without waiting for a process", async () => {
    const sandbox = create({ maxProcesses: 1, warm: 0 });
    const { options, drive } = testSession("");
    const busy = await open(sandbox, options({ limits: { computeMs: 300 } }));
    const running = drive(busy, "while (true);");
    const second = await open(sandbox, options());
    expect(busy.last.progress).toBe(undefined);
    await running;
    expect((await drive(second, "print(2)")).output.text).toBe("2\n");
  });
});

describe("isolate({ warm })", () => {
  it("boots that many processes ahead after the first session, which close() of the sandbox ends", async () => {
    const sandbox = create({ warm: 2 });
    const { options, drive } = testSession("");
    const first = await open(sandbox, options());
    const pids = sandboxPids();
    expect(pids).toHaveLength(3);
    await first.close();
    const second = await open(sandbox, options());
    expect((await drive(second, "print(1)")).output.text).toBe("1\n");
    expect(sandboxPids().filter((pid) => pids.includes(pid))).toHaveLength(2);
    await second.close();
    await sandbox.close();
    expect(sandboxPids()).toEqual([]);
  });
});
