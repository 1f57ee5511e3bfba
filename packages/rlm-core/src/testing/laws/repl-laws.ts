import assert from "node:assert/strict";
import { InputError } from "../../errors.ts";
import type { Progress } from "../../sandbox.ts";
import { law, type SandboxLaw } from "./law.ts";
import { doneOf, lawLimits, printedBy } from "./recorder.ts";

/** What code finds in the REPL, and what comes back of it. */
export const replLaws: readonly SandboxLaw[] = [
  law("variables, functions and classes stay for later blocks, however they were declared", async ({ open }) => {
    const repl = await open();
    await repl.finish(`const a = 1; let b = [2]; var c = "3"; loose = 8;
      function f(x) { return x + a; }
      class K { n = 4 }
      const { d, ...rest } = { d: 5, g: 6 }, [head, ...tail] = "xyz";
      for (var i = 0; i < 3; i++) { var inner = i; }`);
    const text = printedBy(
      await repl.run(`print(JSON.stringify([a, b, c, loose, f(1), new K().n, d, rest, head, tail, i, inner]))`),
    );
    assert.equal(text, '[1,[2],"3",8,2,4,5,{"g":6},"x",["y","z"],3,2]');
  }),

  law("a name can be declared again in any way, and closures see its later value", async ({ open }) => {
    const repl = await open();
    await repl.finish("const n = 1; const show = () => n; class T {}");
    await repl.finish("const n = 2; function T() { return 'function'; }");
    assert.equal(printedBy(await repl.run("let n = 3; print(show(), T());")), "3 function");
  }),

  law("await stands at the top of a block, also in loops", async ({ open }) => {
    const repl = await open();
    const code =
      "const a = await Promise.resolve(7); let sum = 0; for await (const x of [Promise.resolve(1), 2]) sum += x; print(a, sum, await (async () => 5)());";
    assert.equal(printedBy(await repl.run(code)), "7 3 5");
  }),

  law("what a block set before its error stays", async ({ open }) => {
    const repl = await open();
    const { error } = doneOf(await repl.run("const before = 1; let after; missing(); after = 2;"));
    assert.equal(error?.kind, "thrown");
    assert.equal(printedBy(await repl.run("print(before, typeof after)")), "1 undefined");
  }),

  law("contexts are a string, an array and an object under their names", async ({ open }) => {
    const text = `line one\r\n판문점 🌏 \u2028 ${"x".repeat(200_000)}`;
    const repl = await open(
      {},
      { context: text, rows: [1, { a: [null, true] }], config: { key: "value", __proto__x: 1 } },
    );
    const code =
      "print(context.length, context.indexOf('🌏'), typeof context, Array.isArray(rows), JSON.stringify(rows), config.key)";
    assert.equal(
      printedBy(await repl.run(code)),
      `${text.length} ${text.indexOf("🌏")} string true [1,{"a":[null,true]}] value`,
    );
  }),

  law("a context comes whole through its pieces, wherever they are cut", async ({ open }) => {
    const odd = "\ufeffa\r\n\u0000é\u2028판문점🌏👨‍👩‍👧\ud83c!\udf0f\ufeff";
    const long = "x".repeat(3_000_000);
    for (const pieces of [
      ["", ...odd.split(""), ""],
      [long, "", `é${long}`, long],
      [long, `${long}\r`, `\n${odd.slice(0, -5)}`, odd.slice(-5), "", long],
    ]) {
      const text = pieces.join("");
      const stream = async function* (): AsyncGenerator<string> {
        yield* pieces;
      };
      const repl = await open({ stream }, { context: text });
      // Blocks are short: the code repeats what is long in the pieces.
      const code = `const long = "x".repeat(${long.length});
        const pieces = ${JSON.stringify(pieces).replaceAll(long, "${long}").replaceAll('"', "`")};
        print(context.length, context === pieces.join(""))`;
      assert.equal(printedBy(await repl.run(code)), `${text.length} true`);
    }
  }),

  law("a context whose pieces end in an error opens no session", async ({ open }) => {
    const lost = new Error("the text was changed");
    const stream = async function* (): AsyncGenerator<string> {
      yield "whole";
      throw lost;
    };
    const opening = async (): Promise<Progress> => await (await open({ stream }, { context: "whole" })).run("print(1)");
    await assert.rejects(opening, lost);
  }),

  law("a context of JSON that is none opens no session, and the error says which and why", async ({ open }) => {
    for (const [json, kind, reason] of [
      ['{"a": [1, 2}', "object", /position 11|'}'/],
      ["[1] 2", "array", /position 4|after JSON/],
    ] as const) {
      const stream = async function* (): AsyncGenerator<string> {
        yield json;
      };
      const contexts = [{ name: "rows", kind, length: json.length, ref: "json", prefix: json }];
      const opening = async (): Promise<Progress> => await (await open({ stream, contexts })).run("print(1)");
      await assert.rejects(opening, (error) => {
        assert.ok(error instanceof InputError && reason.test(error.message), String(error));
        assert.match(error.message, /^Cannot use context "rows": it is not valid JSON: /);
        return true;
      });
    }
  }),

  law("print() and console.log() come back in order, in one output a block", async ({ open }) => {
    const repl = await open();
    assert.equal(
      printedBy(await repl.run('print(1, "two"); console.log("three"); print({ four: [4] });')).replaceAll(/\s+/g, " "),
      "1 two three { four: [4] }".replaceAll(/\s+/g, " "),
    );
    assert.equal(printedBy(await repl.run('print("only this")')), "only this");
  }),

  law("output is bounded: its beginning, its end, and how much there was", async ({ open }) => {
    const repl = await open();
    for (const code of [
      'print("BEGIN" + "x".repeat(300_000) + "END")',
      'print("BEGIN"); for (let i = 0; i < 300_000; i++) print("x"); print("END")',
    ]) {
      const { output, error } = doneOf(await repl.run(code));
      assert.equal(error, undefined);
      assert.ok(
        output.text.length <= lawLimits.outputChars + 200,
        `Expected about ${lawLimits.outputChars} characters, got ${output.text.length}`,
      );
      assert.ok(output.text.startsWith("BEGIN") && output.text.trimEnd().endsWith("END"));
      assert.ok(output.chars >= 300_000, `Expected all printed characters to be counted, got ${output.chars}`);
    }
  }),

  law("a thrown error is data with its name, message and line, and nothing of the host", async ({ open }) => {
    const repl = await open();
    const { error, answer, rolledBack } = doneOf(
      await repl.run("const x = 1;\nfunction inner() {\n  null.foo;\n}\n\ninner();"),
    );
    assert.equal(error?.kind, "thrown");
    assert.match(error?.message ?? "", /TypeError.*null/);
    for (const line of [3, 6]) assert.match(error?.message ?? "", new RegExp(`(:|line )${line}\\b`));
    assert.doesNotMatch(error?.message ?? "", /node:|file:|node_modules|rlm-core/);
    assert.deepEqual([answer, rolledBack ?? false], [undefined, false]);
  }),

  law("a syntax error is data with its line, and nothing of its block ran", async ({ open }) => {
    const repl = await open();
    const { error, output } = doneOf(await repl.run('print("ran");\nvar ran = 1;\nconst = 2;'));
    assert.equal(error?.kind, "syntax");
    assert.match(error?.message ?? "", /(:|line )3\b/);
    assert.equal(output.chars, 0);
    assert.equal(printedBy(await repl.run("print(typeof ran)")), "undefined");
  }),

  law("anything can be thrown, and its error can be read", async ({ open }) => {
    const repl = await open();
    const hostile = "({ get name() { throw 1 }, get message() { while (true) {} }, toString() { throw 2 } })";
    for (const [thrown, message] of [
      ['"just text"', /just text/],
      ["null", /null/],
      ["undefined", /undefined/],
      ["{ code: 7 }", /7/],
      [hostile, /./],
      ["new Proxy({}, {})", /./],
    ] as const) {
      const { error } = doneOf(await repl.run(`throw ${thrown}`));
      assert.equal(error?.kind, "thrown");
      assert.match(error?.message ?? "", message);
    }
  }),

  law("text is never code", async ({ open }) => {
    const repl = await open();
    const makers = [
      "eval('1')",
      "(0, eval)('1')",
      "new Function('return 1')()",
      "Function('return 1')()",
      "(() => {}).constructor('return 1')()",
      "(async () => {}).constructor('return 1')()",
      "(function* () {}).constructor('yield 1')().next()",
      "(async function* () {}).constructor('yield 1')().next()",
      "Reflect.construct((() => {}).constructor, ['return 1'])()",
    ];
    for (const make of makers) {
      const text = printedBy(
        await repl.run(`try { const made = ${make}; print("made"); } catch { print("refused"); }`),
      );
      assert.equal(text, "refused", `Expected ${make} to be refused`);
    }
  }),

  law("nothing of the host, no timer, no shared memory and no WebAssembly is in reach", async ({ open }) => {
    const repl = await open();
    const names =
      "process require module global Buffer fetch setTimeout setImmediate queueMicrotask performance crypto WebAssembly SharedArrayBuffer Atomics WeakRef FinalizationRegistry";
    const code = `print([${names
      .split(" ")
      .map((name) => `typeof ${name}`)
      .join(", ")}].join(" "))`;
    assert.equal(printedBy(await repl.run(code)), names.replaceAll(/\w+/g, "undefined"));
  }),

  law("the query functions are there if the options say so, and only then", async ({ open }) => {
    const code =
      "print([typeof llm_query, typeof llm_query_batched, typeof rlm_query, typeof rlm_query_batched, typeof llm_map].join(' '))";
    assert.equal(printedBy(await (await open()).run(code)), "function function function function function");
    assert.equal(
      printedBy(await (await open({ queries: false })).run(code)),
      "undefined undefined undefined undefined undefined",
    );
  }),

  law("kits are frozen objects whose functions see their arguments and each other", async ({ open }) => {
    const kit = {
      name: "kit",
      functions: {
        double: "(x) => x * 2",
        quadruple: "function (x) { return this.double(this.double(x)); }",
        half: "half(x) { return x / 2; }",
        later: "async later(x) { return await x; }",
      },
    };
    const repl = await open({ kits: [kit] });
    assert.equal(
      printedBy(
        await repl.run("print(kit.double(2), kit.quadruple(2), kit.half(2), await kit.later(9), Object.isFrozen(kit))"),
      ),
      "4 8 1 9 true",
    );
  }),

  law("inspect() lists the variables by name, hashes their values, and changes nothing", async ({ open }) => {
    const repl = await open({}, { context: "text" });
    await repl.finish(
      'let looked = 0; const b = [1, 2, 3]; var a = "text"; const sly = { get x() { looked++; return 1; } }; function f() {}',
    );
    const first = await repl.session.inspect();
    assert.deepEqual(
      first.variables.map(({ name }) => name),
      ["a", "b", "f", "looked", "sly"],
    );
    for (const { type, size, preview } of first.variables) {
      assert.ok(
        type.length > 0 && preview.length <= 200,
        `Expected a type and a short preview, got ${type} ${size} ${preview}`,
      );
    }
    assert.deepEqual(await repl.session.variables(), first.variables);
    assert.equal((await repl.session.inspect()).hash, first.hash);
    assert.equal(printedBy(await repl.run("print(looked)")), "0");
    await repl.finish("b[1] = 'changed';");
    assert.notEqual((await repl.session.inspect()).hash, first.hash);
    await repl.finish("b[1] = 2;");
    assert.equal((await repl.session.inspect()).hash, first.hash);
  }),

  law("sessions share nothing", async ({ open }) => {
    const [one, two] = [await open(), await open()];
    await one.finish("const mine = 1; Array.prototype.extra = 2;");
    assert.equal(printedBy(await two.run("print(typeof mine, [].extra)")), "undefined undefined");
  }),
];
