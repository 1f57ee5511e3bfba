import assert from "node:assert/strict";
import { hashCall } from "../../hash.ts";
import { law, type SandboxLaw } from "./law.ts";
import { callsOf, doneOf, lawLimits, printedBy } from "./recorder.ts";

/** How code calls models and tools, is suspended, and goes on. */
export const callLaws: readonly SandboxLaw[] = [
  law(
    "run() stops when nothing can go on, and reports all calls with ids from 1 and content hashes",
    async ({ open }) => {
      const repl = await open();
      const calls = callsOf(
        await repl.run('const all = await Promise.all(["a", "b", "a"].map((p) => llm_query(p))); print(all.join());'),
      );
      assert.deepEqual(
        calls.map(({ id, kind, prompt }) => [id, kind, prompt]),
        [
          [1, "llm", "a"],
          [2, "llm", "b"],
          [3, "llm", "a"],
        ],
      );
      for (const { id: _id, hash, ...content } of calls) assert.equal(hash, hashCall(content));
      assert.equal(calls[0]?.hash, calls[2]?.hash);
      assert.deepEqual(repl.session.last.outstanding, calls);
      assert.deepEqual(repl.session.last.progress, { kind: "waiting", calls });
      assert.equal(printedBy(await repl.resume(calls.map((call) => [call, `re ${call.id}`]))), "re 1,re 2,re 3");
      assert.deepEqual(repl.session.last.outstanding, []);
      const [next] = callsOf(await repl.run('await llm_query("later")'));
      assert.equal(next?.id, 4);
    },
  ),

  law("resume() takes results in every order, and each call gets its own", async ({ open }) => {
    const repl = await open();
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const calls = callsOf(
        await repl.run(
          'const got = []; const all = await Promise.all(["a", "b", "c"].map(async (p) => { const r = await llm_query(p); got.push(p); return r; })); print(all.join(), got.join(""));',
        ),
      );
      let progress;
      for (const index of order) {
        const call = calls[index];
        assert.ok(call);
        progress = await repl.resume([[call, call.prompt.toUpperCase()]]);
      }
      assert.ok(progress);
      assert.equal(printedBy(progress), `A,B,C ${order.map((index) => "abc"[index]).join("")}`);
    }
  }),

  law(
    "resume() takes any subset, delivers in the order given, and reports only calls that are new",
    async ({ open }) => {
      const repl = await open();
      const code =
        'const got = []; await Promise.all(["a", "b", "c", "d"].map(async (p) => { got.push(await llm_query(p)); if (p === "d") got.push(await llm_query("e")); })); print(got.join(""));';
      const [a, b, c, d] = callsOf(await repl.run(code));
      assert.ok(a && b && c && d);
      assert.deepEqual(await repl.resume([[c, "c"]]), { kind: "waiting", calls: [] });
      const [e, ...others] = callsOf(
        await repl.resume([
          [d, "d"],
          [a, "a"],
        ]),
      );
      assert.deepEqual([e?.id, e?.prompt, others], [5, "e", []]);
      assert.deepEqual(
        repl.session.last.outstanding.map(({ id }) => id),
        [2, 5],
      );
      assert.ok(e);
      assert.equal(
        printedBy(
          await repl.resume([
            [e, "e"],
            [b, "b"],
          ]),
        ),
        "cdaeb",
      );
    },
  ),

  law("a race is won by the result that is delivered first, and the block waits for the other", async ({ open }) => {
    const repl = await open();
    const [a, b] = callsOf(await repl.run('print(await Promise.race([llm_query("a"), llm_query("b")]));'));
    assert.ok(a && b);
    assert.deepEqual(callsOf(await repl.resume([[b, "b wins"]])), []);
    assert.match(printedBy(await repl.resume([[a, "a"]])), /^b wins/);
  }),

  law("a failed call rejects with its message, at the line that made it", async ({ open }) => {
    const repl = await open();
    assert.equal(
      printedBy(
        await repl.finish(
          'try { await llm_query("x"); } catch (error) { print(error instanceof Error, error.message); }',
          () => new Error("model overloaded"),
        ),
      ),
      "true model overloaded",
    );
    const { error } = await repl.finish('const x = 1;\n\nawait llm_query("x");', () => new Error("model overloaded"));
    assert.equal(error?.kind, "thrown");
    assert.match(error?.message ?? "", /model overloaded/);
    assert.match(error?.message ?? "", /(:|line )3\b/);
  }),

  law("a failed call's error has the code that its result has, and none where that has none", async ({ open }) => {
    const repl = await open();
    const code = `const all = await llm_query_batched(["a", "b"]);
      let alone; try { await llm_query("a"); } catch (error) { alone = error; }
      print([...all, alone].map((e) => [e instanceof Error, e.message, e.code, "code" in e].join()).join(" "));`;
    const coded = Object.assign(new Error("busy"), { code: "model" });
    assert.equal(
      printedBy(await repl.finish(code, ({ prompt }) => (prompt === "a" ? coded : new Error("old")))),
      "true,busy,model,true true,old,,false true,busy,model,true",
    );
  }),

  law("llm_query_batched() keeps order and has an Error in the slot of a failed call", async ({ open }) => {
    const repl = await open();
    const code =
      'const all = await llm_query_batched(["a", "b", "c"]); print(all.map((r) => (r instanceof Error ? `E ${r.message}` : r)).join());';
    assert.equal(
      printedBy(await repl.finish(code, ({ prompt }) => (prompt === "b" ? new Error("bad") : prompt))),
      "a,E bad,c",
    );
  }),

  law("options travel with the call, and JSON results arrive parsed", async ({ open }) => {
    const repl = await open();
    const schema = { type: "object", properties: { n: { type: "number" } } };
    const [call] = callsOf(
      await repl.run(
        `const r = await llm_query("x", { schema: ${JSON.stringify(schema)}, model: "small" }); print(r.n + 1, r.list[0]);`,
      ),
    );
    assert.deepEqual(call?.options, { schema, model: "small" });
    assert.ok(call);
    assert.equal(printedBy(await repl.resume([[call, { n: 1, list: ["판문점"] }]])), "2 판문점");
  }),

  law("rlm_query() carries query and context, a text as it is and data as JSON", async ({ open }) => {
    const repl = await open();
    const calls = callsOf(
      await repl.run('await Promise.all([rlm_query("Who?", "some text"), rlm_query("What?", [{ a: 1 }])]);'),
    );
    assert.deepEqual(
      calls.map(({ kind, prompt, context }) => [kind, prompt, context]),
      [
        ["rlm", "Who?", { text: "some text", json: false }],
        ["rlm", "What?", { text: '[{"a":1}]', json: true }],
      ],
    );
    for (const { id: _id, hash, ...content } of calls) assert.equal(hash, hashCall(content));
  }),

  law("tools are called by name with one object, and other names are not there", async ({ open }) => {
    const repl = await open({ tools: ["lookup"], queries: false });
    const [call] = callsOf(
      await repl.run('const r = await tools.lookup({ key: "k" }); print(r.found, typeof tools.other);'),
    );
    assert.deepEqual([call?.kind, call?.name, JSON.parse(call?.prompt ?? "")], ["tool", "lookup", { key: "k" }]);
    assert.ok(call);
    assert.equal(printedBy(await repl.resume([[call, { found: true }]])), "true undefined");
  }),

  law(
    "a call that nobody awaited is settled before its block ends, and its failure is no error of the block",
    async ({ open }) => {
      const repl = await open();
      const [call] = callsOf(
        await repl.run(
          'let got = "nothing"; llm_query("x").then((r) => { got = r; }); const unheard = llm_query("y");',
        ),
      );
      assert.ok(call);
      assert.deepEqual(callsOf(await repl.resume([[call, "settled"]])), []);
      const [second] = repl.session.last.outstanding;
      assert.ok(second);
      assert.equal(doneOf(await repl.resume([[second, new Error("unheard")]])).error, undefined);
      assert.equal(printedBy(await repl.run("print(got)")), "settled");
    },
  ),

  law("a block that waits for nothing is a deadlock and says so at once", async ({ open }) => {
    const repl = await open({ limits: { ...lawLimits, computeMs: 60_000 } });
    const start = performance.now();
    const { error } = await repl.finish('await llm_query("x"); await new Promise(() => {});');
    assert.equal(error?.kind, "deadlock");
    assert.ok(performance.now() - start < 20_000, "Expected the deadlock to be seen before the time is up");
    assert.equal(printedBy(await repl.run('print("goes on")')), "goes on");
  }),

  law("a prompt over limits.promptChars is an error for the code and no call", async ({ open }) => {
    const repl = await open();
    const code = `try { await llm_query("x".repeat(${lawLimits.promptChars + 1})); } catch (error) { print("refused", error.message); }`;
    assert.match(printedBy(await repl.run(code)), /^refused .*10,?000/);
    assert.equal(callsOf(await repl.run(`await llm_query("x".repeat(${lawLimits.promptChars}))`)).length, 1);
  }),

  law("FINAL() ends the block with the answer: a string as it is, other values as JSON", async ({ open }) => {
    for (const [value, answer] of [
      ['"text"', { text: "text", json: false }],
      ["{ a: [1, null] }", { text: '{"a":[1,null]}', json: true }],
      ["42", { text: "42", json: true }],
    ] as const) {
      const repl = await open();
      const {
        output,
        error,
        answer: got,
      } = doneOf(await repl.run(`print("looked"); FINAL(${value}); print("after");`));
      assert.deepEqual(got, answer);
      assert.equal(error, undefined);
      assert.equal(output.text.trimEnd(), "looked");
    }
  }),

  law("the first FINAL() wins, also where it is caught, and calls that are open count as aborted", async ({ open }) => {
    const repl = await open();
    const [first, second] = callsOf(
      await repl.run(
        'const keep = 1; llm_query("never settled"); try { print(await llm_query("x")); FINAL("first"); } catch {} FINAL("second"); await llm_query("more");',
      ),
    );
    assert.ok(first && second);
    const { answer } = doneOf(await repl.resume([[second, "re"]]));
    assert.deepEqual(answer, { text: "first", json: false });
    assert.deepEqual(repl.session.last.outstanding, []);
    assert.equal(printedBy(await repl.run("print(keep)")), "1");
  }),

  law(
    "an answer that does not fit is an error that the code sees, and the block may go on to one that does",
    async ({ open }) => {
      const responseFormat = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
      const repl = await open({ responseFormat });
      const refused = doneOf(await repl.run('print("looked"); FINAL({ n: "seven" });'));
      assert.equal(refused.error?.kind, "answer");
      assert.equal(refused.answer, undefined);
      const { answer, error } = doneOf(
        await repl.run('try { FINAL("seven"); } catch (error) { print(error.message); } FINAL({ n: 7 });'),
      );
      assert.deepEqual(answer, { text: '{"n":7}', json: true });
      assert.equal(error, undefined);
    },
  ),

  law("an answer over limits.answerChars is an error and is never shortened", async ({ open }) => {
    const repl = await open();
    const refused = doneOf(await repl.run(`print("looked"); FINAL("x".repeat(${lawLimits.answerChars + 1}));`));
    assert.deepEqual([refused.error?.kind, refused.answer], ["answer", undefined]);
    assert.equal(
      doneOf(await repl.run(`FINAL("x".repeat(${lawLimits.answerChars}));`)).answer?.text.length,
      lawLimits.answerChars,
    );
  }),
];
