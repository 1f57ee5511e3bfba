import assert from "node:assert/strict";
import type { SessionOptions } from "../../sandbox.ts";
import { law, type SandboxLaw } from "./law.ts";
import { callsOf, doneOf, lawLimits, printedBy } from "./recorder.ts";

const quick: SessionOptions["limits"] = { ...lawLimits, computeMs: 300 };
const stop = new Error("stopped by the test");

/** Time, memory, aborts and the end. */
export const boundLaws: readonly SandboxLaw[] = [
  law(
    "code that computes too long is stopped and rolled back: earlier variables stay, its own are gone",
    async ({ open }) => {
      const repl = await open({ limits: quick });
      await repl.finish("const kept = [1];");
      for (const loop of [
        "while (true) {}",
        "await null; while (true) {}",
        "const spin = () => Promise.resolve().then(spin); await spin();",
        "/(a+)+b/.test('a'.repeat(50));",
        "print({ get x() { while (true) {} }, toString() { while (true) {} } }); while (true) {}",
      ]) {
        const { error, rolledBack, answer } = doneOf(await repl.run(`kept.push(2); var gone = 1; ${loop}`));
        assert.deepEqual(
          [error?.kind, rolledBack, answer],
          ["timeout", true, undefined],
          `Expected ${loop} to time out, got ${error?.message}`,
        );
        assert.equal(printedBy(await repl.run("print(kept.join(), typeof gone)")), "1 undefined");
      }
    },
  ),

  law(
    "code that computes too long after a result is stopped too, and the calls of its block are gone",
    async ({ open }) => {
      const repl = await open({ limits: quick });
      const [a, b] = callsOf(await repl.run('llm_query("b"); await llm_query("a"); while (true) {}'));
      assert.ok(a && b);
      const { error, rolledBack } = doneOf(await repl.resume([[b, "re"]]));
      assert.deepEqual([error?.kind, rolledBack], ["timeout", true]);
      assert.deepEqual(repl.session.last.outstanding, []);
      assert.equal(printedBy(await repl.finish('print(await llm_query("again"))')), "re: again");
    },
  ),

  law("a block has one budget of computing for all its entries", async ({ open }) => {
    const repl = await open({ limits: quick });
    const { error } = await repl.finish(
      'for (let i = 0; i < 100; i++) { await llm_query("x"); const end = Date.now(); for (let n = 0; n < 3e7; n++); }',
    );
    assert.equal(error?.kind, "timeout");
  }),

  law("code that needs too much memory is ended and rolled back, and the session goes on", async ({ open }) => {
    const repl = await open();
    await repl.finish("const kept = 1;");
    const { error, rolledBack } = doneOf(
      await repl.run("var gone = []; for (;;) gone.push(new Array(10_000).fill(gone.length));"),
    );
    assert.ok(error?.kind === "memory" || error?.kind === "died", `Expected an error of memory, got ${error?.kind}`);
    assert.equal(rolledBack, true);
    assert.equal(printedBy(await repl.run("print(kept, typeof gone)")), "1 undefined");
  }),

  law("the context does not count as memory of the code", async ({ open }) => {
    const repl = await open({}, { context: "x".repeat(100_000_000) });
    assert.equal(printedBy(await repl.run("print(context.length, context.indexOf('y'))")), "100000000 -1");
  }),

  law("an abort ends run() with its reason, and what was aborted has never been", async ({ open }) => {
    const repl = await open({ limits: { ...lawLimits, computeMs: 60_000 } });
    await repl.finish("const kept = 1;");
    const before = repl.session.digest;
    const controller = new AbortController();
    const running = repl.run("var gone = 1; while (true) {}", 1, controller.signal);
    setImmediate(() => controller.abort(stop));
    await assert.rejects(running, stop);
    await assert.rejects(repl.run("var gone = 1;", 1, AbortSignal.abort(stop)), stop);
    assert.equal(repl.session.digest, before);
    assert.equal(printedBy(await repl.run("print(kept, typeof gone)")), "1 undefined");
  }),

  law("an abort of resume() leaves the call outstanding, and it can be answered again", async ({ open }) => {
    const repl = await open({ limits: { ...lawLimits, computeMs: 60_000 } });
    const [call] = callsOf(
      await repl.run('const r = await llm_query("x"); if (r === "spin") while (true) {} print(r);'),
    );
    assert.ok(call);
    const before = repl.session.digest;
    const controller = new AbortController();
    const resuming = repl.resume([[call, "spin"]], controller.signal);
    setImmediate(() => controller.abort(stop));
    await assert.rejects(resuming, stop);
    assert.equal(repl.session.digest, before);
    assert.deepEqual(repl.session.last.outstanding, [call]);
    assert.equal(printedBy(await repl.resume([[call, "answered"]])), "answered");
  }),

  law("open() ends with the signal's reason", async ({ open }) => {
    await assert.rejects(open({ signal: AbortSignal.abort(stop) }), stop);
  }),

  law("close() ends the session, what it runs too, and may be called again", async ({ open }) => {
    const repl = await open({ limits: { ...lawLimits, computeMs: 60_000 } });
    const running = assert.rejects(repl.run("while (true) {}"));
    await repl.session.close();
    await running;
    await repl.session.close();
    await assert.rejects(repl.run("1"), /closed/);
    await assert.rejects(repl.session.inspect(), /closed/);
    await assert.rejects(repl.session.variables(), /closed/);
  }),
];
