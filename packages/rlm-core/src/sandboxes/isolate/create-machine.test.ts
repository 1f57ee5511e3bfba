import { describe, expect, it } from "vitest";
import { testClock, testMachine } from "./testing/test-machine.ts";

describe("createMachine()", () => {
  it("reports waiting with the new calls, and is done when the last one is settled", () => {
    const { machine } = testMachine();
    const code =
      'const [a, b] = await Promise.all([llm_query("one"), llm_query("two")]);\nprint(a, b, await llm_query("three"))';
    expect(machine.run({ code, clock: testClock, computeMs: 1_000 })).toEqual({
      kind: "waiting",
      calls: [
        { id: 1, kind: "llm", prompt: "one", options: {} },
        { id: 2, kind: "llm", prompt: "two", options: {} },
      ],
    });
    expect(machine.resume({ id: 2, ok: true, value: { text: "2", json: true } })).toEqual({
      kind: "waiting",
      calls: [],
    });
    expect(machine.resume({ id: 1, ok: true, value: { text: "1", json: false } })).toEqual({
      kind: "waiting",
      calls: [{ id: 3, kind: "llm", prompt: "three", options: {} }],
    });
    expect(machine.resume({ id: 3, ok: true, value: { text: '{"c":3}', json: true } })).toEqual({
      kind: "done",
      output: { text: "1 2 { c: 3 }\n", chars: 13 },
      computeMs: expect.any(Number),
    });
  });

  it("gives contexts as strings and as data under their names", () => {
    const { print } = testMachine({ contexts: { log: "abc", rows: [1, 2], map: { a: 1 } } });
    expect(print("print(log.length, rows[1], map.a, Object.keys(context), context.rows === rows)")).toBe(
      '3 2 1 ["log", "rows", "map"] true\n',
    );
  });

  it("calls the only context context too", () => {
    expect(testMachine({ contexts: { log: "abc" } }).print("print(log === context)")).toBe("true\n");
  });

  it("refuses a context with a reserved name", () => {
    expect(() => testMachine({ contexts: { print: "abc" } })).toThrow(/the name "print" is taken twice or reserved/);
  });

  it("has no query functions without queries, and no tools without tools", () => {
    const { print } = testMachine({ queries: false });
    expect(print("[typeof llm_query, typeof rlm_query_batched, typeof llm_map, typeof tools, typeof find]")).toBe(
      '["undefined", "undefined", "undefined", "undefined", "function"]\n',
    );
  });

  it("reports a deadlock at once and keeps the variables", () => {
    const { run, print } = testMachine();
    expect(run("const kept = 1; await new Promise(() => {})").error?.kind).toBe("deadlock");
    expect(print("kept")).toBe("1\n");
  });

  it("settles calls that were not awaited before the block ends, and says so", () => {
    const { run } = testMachine();
    const done = run("llm_query('a').then((text) => print('late', text)); llm_query('b'); print('end')", () => "reply");
    expect(done.output.text).toMatch(/^end\n\[2 calls were not awaited: .*\]\nlate reply\n$/);
  });

  it("leaves a block whole in which a rejection was dropped", () => {
    const { run } = testMachine();
    const code = "llm_query('a'); Promise.reject(new Error('dropped')); (async () => { throw 1 })(); 42";
    expect(run(code, () => new Error("failed")).error).toBeUndefined();
  });

  it("runs no getter of a dropped rejection outside of the block", () => {
    const { run, print } = testMachine();
    const done = run(
      "var ran = 0; Promise.reject({ get message() { ran++ }, get stack() { ran++; while (true); } }); 1",
    );
    expect([done.error, print("ran")]).toEqual([undefined, "0\n"]);
  });

  it("stops a loop, a chain of microtasks and a slow regex at computeMs, and is of no use after", () => {
    const codes = ["while (true);", "while (true) await null", "/^(a+)+$/.test('a'.repeat(60) + 'b')"];
    for (const code of codes) {
      const { run } = testMachine({ computeMs: 60 });
      const done = run(`print("before"); ${code}`);
      expect([done.error?.kind, done.rolledBack, done.output.text]).toEqual(["timeout", true, "before\n"]);
      expect(done.computeMs).toBeGreaterThanOrEqual(60);
      expect(() => run("1")).toThrow(/Cannot run code: the machine stopped/);
    }
  });

  it("shares computeMs between the entries of a block", () => {
    const { run } = testMachine({ computeMs: 60 });
    const done = run(
      "const end = 40; for (let i = 0; ; i++) { await llm_query('x'); for (let n = 0; n < 1e6; n++); }",
      () => "y",
    );
    expect([done.error?.kind, done.rolledBack]).toEqual(["timeout", true]);
  });

  it("rolls a block back that has met the end of memory for a buffer, caught or not, in every way to make one", () => {
    const makers = [
      "new ArrayBuffer(2e6)",
      "new Uint8Array(2e6)",
      "(class extends Float64Array {}).from({ length: 1e6 })",
      "seed.slice()",
      "seed.buffer.slice()",
      "seed.map((x) => x)",
      "seed.toReversed()",
      "seed.with(0, 1)",
    ];
    for (const make of makers) {
      const { run } = testMachine({ limits: { heapMb: 32 } });
      run("const seed = new Uint32Array(1e6); let all = []");
      const done = run(`try { for (;;) all.push(${make}) } catch (e) { print(e.name) } all = []; 1`);
      expect([done.error?.kind, done.rolledBack, make]).toEqual(["memory", true, make]);
    }
  });

  it("rolls a block back that leaves the heap full, also one that throws, so that the next one has room", () => {
    const fill = "const all = []; for (let i = 0; i < 31; i++) all.push(new Uint8Array(1e6))";
    for (const code of [fill, `${fill}; throw new Error("mine")`]) {
      const { run } = testMachine({ limits: { heapMb: 32 } });
      const done = run(code);
      expect([done.error?.kind, done.rolledBack]).toEqual(["memory", true]);
      expect(done.error?.message).toMatch(/^Out of memory: when the block ended, .* 32 MB .* counts as not run/);
    }
  });

  it("does not count garbage, nor a context, as a full heap", () => {
    const { run } = testMachine({ context: "x".repeat(50_000_000), limits: { heapMb: 32 } });
    for (let i = 0; i < 5; i++)
      expect(run("for (let i = 0; i < 4e5; i++) ({ i, text: 'x' + i }); 1").error).toBeUndefined();
    expect(run("typeof gc").output.text).toBe("undefined\n");
  });

  it("does not take an error of the code for a timeout or for lost memory", () => {
    const { run } = testMachine();
    for (const text of ["Script execution timed out.", "Isolate was disposed during execution due to memory limit"]) {
      const done = run(`Promise.reject(new Error("${text}")); throw new Error("${text}")`);
      expect([done.error?.kind, done.rolledBack]).toEqual(["thrown", undefined]);
    }
  });

  it("reports memory when the heap is full", () => {
    const { run } = testMachine({ limits: { heapMb: 16 } });
    const done = run("const a = []; while (true) a.push({ x: a.length, y: [a.length] });");
    expect([done.error?.kind, done.rolledBack]).toEqual(["memory", true]);
  });

  it("refuses a result that nothing waits for", () => {
    const { machine } = testMachine();
    expect(() => machine.resume({ id: 1, ok: true, value: { text: "", json: false } })).toThrow(
      /call 1 is not waiting/,
    );
  });

  it("says what was thrown, with its cause and the lines of the model's blocks only", () => {
    const { run } = testMachine();
    const cause = run(
      "function low() { throw new RangeError('low') }\ntry { low() } catch (cause) {\n  throw new TypeError('high', { cause })\n}",
    );
    expect(cause.error?.message).toBe(
      "TypeError: high\n    at block-1.js:3:9\nCaused by: RangeError: low\n    at low (block-1.js:1:24)\n    at block-1.js:2:7",
    );
    expect(run("throw { code: 5 }").error?.message).toBe("Thrown: { code: 5 }");
    expect(run("throw 'text'").error?.message).toBe("Thrown: text");
    expect(run("class Own extends Error { name = 'Own' }\nthrow new Own('mine')").error?.message).toBe(
      "Own: mine\n    at block-4.js:2:7",
    );
  });

  it("keeps a call's error at the line that made the call", () => {
    const { run } = testMachine();
    const done = run("async function ask() {\n  return llm_query('a')\n}\nawait ask()", () => new Error("no budget"));
    expect(done.error).toEqual({
      kind: "thrown",
      message: "Error: no budget\n    at ask (block-1.js:2:10)\n    at block-1.js:4:7",
    });
  });

  it("runs kits as frozen objects whose functions use one another", () => {
    const functions = {
      double: String((n: number) => n * 2),
      quadruple: "quadruple(n) { return this.double(this.double(n)) }",
      later: 'async later(n) { return __name(n, "x") }',
    };
    const { print, run } = testMachine({ kits: [{ name: "sums", functions }] });
    expect(
      print("const { quadruple } = sums; [sums.double(2), quadruple(2), await sums.later(3), Object.isFrozen(sums)]"),
    ).toBe("[4, 8, 3, true]\n");
    expect(run("sums.double = 1; print(sums.double(2))").output.text).toBe("4\n");
  });
});
