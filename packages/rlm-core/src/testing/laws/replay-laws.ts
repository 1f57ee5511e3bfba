import assert from "node:assert/strict";
import { ReplayError } from "../../errors.ts";
import type { JournalEvent } from "../../journal.ts";
import type { SubCall } from "../../sandbox.ts";
import { textRef } from "../../text-ref.ts";
import { law, type SandboxLaw } from "./law.ts";
import { callsOf, doneOf, printedBy } from "./recorder.ts";
import type { Bench, Recorded } from "./recorder.ts";

/** Determinism, digests, and rebuilding a session from its journal. */
export const replayLaws: readonly SandboxLaw[] = [
  law("Math.random() is the same for the same seed, and another for another", async ({ open }) => {
    const code = "print(Array.from({ length: 5 }, () => Math.random()).join());";
    const draw = async (seed: number): Promise<string> => printedBy(await (await open({ seed })).run(code));
    const [first, same, other] = [await draw(1), await draw(1), await draw(2)];
    assert.equal(first, same);
    assert.notEqual(first, other);
    assert.ok(first.split(",").every((number) => Number(number) >= 0 && Number(number) < 1));
  }),

  law("time stands at the block's clock, in UTC and one locale, also after a result", async ({ open }) => {
    const repl = await open();
    const clock = Date.UTC(2030, 0, 2, 3, 4, 5);
    const code =
      'const at = Date.now(); await llm_query("x"); print(at, Date.now(), new Date().getHours(), new Date(0).getTimezoneOffset(), (1234.5).toLocaleString(), Date().slice(0, 15));';
    const [call] = callsOf(await repl.run(code, clock));
    assert.ok(call);
    assert.equal(printedBy(await repl.resume([[call, "re"]])), `${clock} ${clock} 3 0 1,234.5 Wed Jan 02 2030`);
    assert.equal(printedBy(await repl.run("print(Date.now())", clock + 1)), String(clock + 1));
  }),

  law("a session opened from a journal has equal variables, digest and last progress", async (bench) => {
    const live = await rich(bench);
    const rebuilt = await bench.replay(live);
    assert.deepEqual(await rebuilt.session.inspect(), await live.session.inspect());
    assert.equal(rebuilt.session.digest, live.session.digest);
    assert.deepEqual(withoutTime(rebuilt.session.last.progress), withoutTime(live.session.last.progress));
    const code = "print(Math.random(), order.join(), new Counter().next());";
    assert.equal(printedBy(await rebuilt.run(code, 5)), printedBy(await live.run(code, 5)));
  }),

  law("a session opened from a journal hands on the calls of its replay, with ids as before", async (bench) => {
    const live = await rich(bench);
    const heard: SubCall[] = [];
    await bench.replay({ ...live, options: { ...live.options, onReplayedCall: (call) => heard.push(call) } });
    const calls = live.journal.flatMap((event) => (event.type === "call" ? [[event.id, event.hash]] : []));
    assert.deepEqual(
      heard.map(({ id, hash }) => [id, hash]),
      calls,
    );
    assert.ok(heard.every(({ prompt }) => prompt.length > 0));
  }),

  law("a journal that ends inside a block leaves it suspended, and it goes on as the live one", async (bench) => {
    const live = await bench.open();
    await live.finish("const seen = [];");
    const [a, b, c] = callsOf(
      await live.run(
        'await Promise.all(["a", "b", "c"].map(async (p) => seen.push(await llm_query(p)))); seen.push(await llm_query("last")); print(seen.join());',
      ),
    );
    assert.ok(a && b && c);
    await live.resume([[b, "B"]]);
    const rebuilt = await bench.replay(live);
    assert.equal(rebuilt.session.digest, live.session.digest);
    assert.deepEqual(rebuilt.session.last.outstanding, live.session.last.outstanding);
    assert.equal(rebuilt.session.last.progress?.kind, "waiting");
    for (const repl of [live, rebuilt]) {
      const [last] = callsOf(
        await repl.resume([
          [c, "C"],
          [a, "A"],
        ]),
      );
      assert.ok(last);
      assert.equal(printedBy(await repl.resume([[last, "L"]])), "B,C,A,L");
    }
    assert.deepEqual(await rebuilt.session.inspect(), await live.session.inspect());
  }),

  law("a journal without the end of its last block is done where the code is", async (bench) => {
    const live = await bench.open();
    await live.finish('const r = await llm_query("x"); print(r);');
    const rebuilt = await bench.replay(live, live.journal.slice(0, -1));
    assert.ok(rebuilt.session.last.progress);
    assert.equal(doneOf(rebuilt.session.last.progress).output.text.trimEnd(), "re: x");
    assert.equal(rebuilt.session.digest, live.session.digest);
  }),

  law(
    "a replay that does something else is a ReplayError: another call, code, output, error or answer",
    async (bench) => {
      const live = await rich(bench);
      const changes: [string, (event: JournalEvent) => JournalEvent][] = [
        ["call", (event) => (event.type === "call" && event.id === 2 ? { ...event, hash: "0".repeat(64) } : event)],
        ["code", (event) => (event.type === "block" ? { ...event, code: event.code.replace("ask ", "beg ") } : event)],
        [
          "output",
          (event) =>
            event.type === "end" && event.output.text !== ""
              ? { ...event, output: { text: "forged", chars: 6 } }
              : event,
        ],
        [
          "error",
          (event) =>
            event.type === "end" && event.error ? { ...event, error: { ...event.error, message: "forged" } } : event,
        ],
        [
          "answer",
          (event) =>
            event.type === "end" && event.answer
              ? { ...event, answer: { ref: textRef("forged"), json: false } }
              : event,
        ],
        [
          "missing error",
          (event) =>
            event.type === "end" && event.error ? { type: "end", output: event.output, computeMs: 1 } : event,
        ],
      ];
      for (const [what, change] of changes) {
        const history = live.journal.map(change);
        assert.notDeepEqual(history, live.journal, `Expected the change of the ${what} to change something`);
        await assert.rejects(bench.replay(live, history), ReplayError, `Expected another ${what} to be a ReplayError`);
      }
    },
  ),

  law("a block that was rolled back is left out of the replay and of the digest", async (bench) => {
    const live = await bench.open({
      limits: { promptChars: 1000, outputChars: 1000, computeMs: 300, heapMb: 64, answerChars: 1000 },
    });
    await live.finish("const kept = Math.random();");
    const before = live.session.digest;
    const { rolledBack } = await live.finish('const gone = await llm_query("x"); while (true) {}');
    assert.equal(rolledBack, true);
    assert.equal(live.session.digest, before);
    const rebuilt = await bench.replay(live);
    assert.equal(rebuilt.session.digest, before);
    assert.equal((await rebuilt.session.inspect()).hash, (await live.session.inspect()).hash);
    const code = "print(typeof gone, kept, Math.random());";
    assert.equal(printedBy(await rebuilt.run(code, 9)), printedBy(await live.run(code, 9)));
  }),

  law(
    "digests are equal for equal inputs and differ with the seed, the contexts, the code, the clock and the results",
    async ({ open }) => {
      const digestOf = async ({
        seed = 1,
        context = "text",
        code = 'await llm_query("x")',
        clock = 1,
        reply = "r",
      }): Promise<string> => {
        const repl = await open({ seed }, { context });
        const [call] = callsOf(await repl.run(code, clock));
        assert.ok(call);
        await repl.resume([[call, reply]]);
        return repl.session.digest;
      };
      const same = await digestOf({});
      assert.equal(await digestOf({}), same);
      const others = [
        { seed: 2 },
        { context: "other" },
        { code: 'await llm_query("x") ' },
        { clock: 2 },
        { reply: "s" },
      ];
      const digests = await Promise.all(others.map(digestOf));
      assert.equal(new Set([same, ...digests]).size, 6);
    },
  ),

  law("the digest changes with every block and every result", async ({ open }) => {
    const repl = await open();
    const digests = [repl.session.digest];
    const [a, b] = callsOf(await repl.run('await Promise.all([llm_query("a"), llm_query("b")]);'));
    assert.ok(a && b);
    digests.push(repl.session.digest);
    await repl.resume([[a, "1"]]);
    digests.push(repl.session.digest);
    await repl.resume([[b, "1"]]);
    digests.push(repl.session.digest);
    await repl.finish("print(1)");
    digests.push(repl.session.digest);
    assert.equal(new Set(digests).size, digests.length);
  }),
];

/** A session that has done a bit of everything: chance, time, order of delivery, an error, an answer. */
async function rich(bench: Bench): Promise<Recorded> {
  const repl = await bench.open({ seed: 7 }, { context: "one two three", rows: [{ a: 1 }] });
  await repl.finish(
    "const order = []; const random = Math.random(); const when = new Date(); class Counter { n = 1; next() { return ++this.n; } } const shared = { list: order }; shared.self = shared;",
  );
  await repl.finish(
    'await Promise.all(context.split(" ").map(async (word) => { order.push(await llm_query("ask " + word + random)); if (word === "two") order.push(await llm_query("ask more")); })); print(order.length, when.toISOString());',
  );
  await repl.finish(
    'const map = new Map([[rows[0], new Set(order)]]); const parsed = await llm_query("ask json"); missing.property;',
    () => ({ deep: [1, { x: null }] }),
  );
  await repl.finish(
    'print(Math.random()); await Promise.race([llm_query("ask a"), llm_query("ask b")]).then((r) => order.push(r)); FINAL({ order });',
  );
  return repl;
}

function withoutTime(progress: unknown): unknown {
  return JSON.parse(JSON.stringify(progress, (key, value: unknown) => (key === "computeMs" ? undefined : value)));
}
