import { describe, expect, it } from "vitest";
import { testMachine } from "../testing/test-machine.ts";

const echo = ({ prompt }: { prompt: string }): string => `<${prompt}>`;

describe("llm_query()", () => {
  it("gives text, or parsed data, and sends schema and model along", () => {
    const { print, calls } = testMachine();
    const schema = { type: "object", properties: { format: { type: "string" } } };
    const code = `const r = await llm_query("p", { schema: ${JSON.stringify(schema)}, model: "small" }); print(r.a, await llm_query("q"))`;
    expect(print(code, ({ prompt }) => (prompt === "p" ? { a: 5 } : "text"))).toBe("5 text\n");
    expect(calls.map(({ options }) => options)).toEqual([{ schema, model: "small" }, {}]);
  });

  it("refuses what is no prompt, at the line of the code", () => {
    const { run } = testMachine();
    for (const [value, got] of [
      ["5", "a number"],
      ["undefined", "undefined"],
      ["['a']", "an array"],
      ["{ then: 1 }", "an object"],
      ["new Proxy({}, {})", "an object"],
    ]) {
      expect(run(`await llm_query(${value})`).error?.message).toMatch(
        new RegExp(`^TypeError: Expected the prompt to be a string, got ${got}\\n    at block-\\d\\.js:1:7$`),
      );
    }
  });

  it("refuses a prompt over promptChars and names both numbers", () => {
    const { run, calls } = testMachine({ limits: { promptChars: 1_000 } });
    expect(run("await llm_query('x'.repeat(1001))").error?.message).toMatch(
      /^RangeError: .* 1,001 characters, at most 1,000/,
    );
    expect(calls).toEqual([]);
  });

  it("refuses unknown options and schemas that are not allowed", () => {
    const { run } = testMachine();
    const deep = "let s = { type: 'string' }; for (let i = 0; i < 20; i++) s = { items: s };";
    for (const [options, message] of [
      ["{ temperature: 1 }", /Unknown option "temperature": expected schema or model/],
      ["'small'", /Expected options to be an object/],
      ["{ schema: { pattern: 'a' } }", /Cannot use options.schema: .*pattern/],
      ["{ schema: { $ref: '#' } }", /Cannot use options.schema: .*\$ref/],
      ["{ schema: { enum: ['x'.repeat(20000)] } }", /Cannot use options.schema: .*16384/],
      ["{ schema: s }", /Cannot use options.schema: .*deep/],
      ["{ schema: 5 }", /Cannot use options.schema/],
      ["{ model: 5 }", /Expected options.model to be a string/],
    ] as const) {
      expect(run(`${deep} await llm_query("a", ${options})`).error?.message).toMatch(message);
    }
  });

  it("stops a block that has 10,000 calls under way, and one with 64,000,000 characters", () => {
    const { run } = testMachine({ limits: { promptChars: 4_000_000, heapMb: 256 } });
    const many = run("let n = 0; try { while (true) { llm_query('x'); n++ } } finally { print(n); FINAL('stop') }");
    expect(many.output.text).toBe("10000\n");
    const large = run("const s = 'x'.repeat(3.9e6); for (let i = 0; i < 17; i++) llm_query(s + i)", () => "");
    expect(large.error?.message).toMatch(/^RangeError: Cannot send 3,900,002 more characters: at most 64,000,000/);
  });

  it("makes prompts well-formed, for half of a character cannot be sent", () => {
    const { print, calls } = testMachine();
    print("await llm_query('😀'.slice(0, 1))", echo);
    expect(calls[0]?.prompt).toBe("\ufffd");
  });
});

describe("llm_query_batched()", () => {
  it("gives the errors in its slots a code, its own too, and none where the journal has none", () => {
    const { print } = testMachine({ limits: { promptChars: 1_000 } });
    const code =
      "const r = await llm_query_batched(['a', 'b', 'x'.repeat(1001)]); print(r.map((e) => [e.message.slice(0, 5), e.code, 'code' in e, Object.keys(e).join()].join()).join(' '))";
    const budget = Object.assign(new Error("spent"), { code: "budget" });
    expect(print(code, ({ prompt }) => (prompt === "a" ? budget : new Error("old")))).toBe(
      "spent,budget,true,code old,,false, Canno,bad-input,true,code\n",
    );
  });

  it("takes no code from a prototype that the code has changed, and data that is no error for a message", () => {
    const { run, machine } = testMachine();
    run("Object.prototype.code = 'forged'; Object.prototype.message = 'forged'");
    const step = machine.run({
      code: "const r = await llm_query_batched(['a', 'b']); print(r.map((e) => e.message + ' ' + Object.hasOwn(e, 'code')).join())",
      clock: 0,
      computeMs: 5_000,
    });
    const [a, b] = step.kind === "waiting" ? step.calls : [];
    machine.resume({ id: a?.id ?? 0, ok: false, value: { text: "{}", json: true } });
    const done = machine.resume({ id: b?.id ?? 0, ok: false, value: { text: "[1]", json: true } });
    expect(done.kind === "done" && done.output.text).toBe("{} false,[1] false\n");
  });

  it("gives a result or an Error a slot, in order", () => {
    const { print } = testMachine({ limits: { promptChars: 1_000 } });
    const code =
      "const r = await llm_query_batched(['a', 'b', 'x'.repeat(1001), 'c']);\nr.map((each) => each instanceof Error ? 'E ' + each.message + each.stack.slice(-20) : each)";
    const shown = print(code, (call) => (call.prompt === "b" ? new Error("busy") : echo(call)));
    expect(shown).toContain('"<a>"');
    expect(shown).toContain("E busy  at block-1.js:1:17");
    expect(shown).toContain("prompts[2]: it has 1,001 characters");
    expect(shown).toContain('"<c>"');
  });

  it("asks nothing where one prompt is none, and gives an empty array for none", () => {
    const { run, print, calls } = testMachine();
    expect(run("await llm_query_batched(['a', undefined])").error?.message).toMatch(
      /Expected prompts\[1\] to be a string, got undefined/,
    );
    expect(run("await llm_query_batched('a')").error?.message).toMatch(/Expected prompts to be an array, got a string/);
    expect(print("await llm_query_batched([])")).toBe("[]\n");
    expect(calls).toEqual([]);
  });
});

describe("rlm_query()", () => {
  it("hands over a text or data of any size with the query", () => {
    const { print, calls } = testMachine({ limits: { promptChars: 100 } });
    print(
      "await rlm_query('q', 'x'.repeat(500)); await rlm_query('r', { a: [1] }, { schema: { type: 'number' } })",
      () => 1,
    );
    expect(calls).toMatchObject([
      { kind: "rlm", prompt: "q", context: { json: false, text: "x".repeat(500) }, options: {} },
      { kind: "rlm", prompt: "r", context: { json: true, text: '{"a":[1]}' }, options: { schema: { type: "number" } } },
    ]);
  });

  it("refuses a query or a context that is none", () => {
    const { run } = testMachine();
    expect(run("await rlm_query('q')").error?.message).toMatch(
      /Expected context to be a string, an array or an object, got undefined/,
    );
    expect(run("await rlm_query('q', '')").error?.message).toMatch(/Expected context to hold something/);
    expect(run("await rlm_query(5, 'c')").error?.message).toMatch(/Expected query to be a string, got a number/);
    expect(run("const a = []; a.push(a); await rlm_query('q', a)").error?.message).toMatch(
      /Expected context to be data that JSON can hold/,
    );
    expect(run("await rlm_query('q', 'c', { model: 'm' })").error?.message).toMatch(
      /Unknown option "model": expected schema/,
    );
  });

  it("runs a batch of { query, context }", () => {
    const { print, run } = testMachine();
    expect(print("await rlm_query_batched([{ query: 'a', context: 'c' }, { query: 'b', context: [1] }])", echo)).toBe(
      '["<a>", "<b>"]\n',
    );
    expect(run("await rlm_query_batched([{ query: 'a' }])").error?.message).toMatch(/Expected \[0\]\.context to be/);
    expect(run("await rlm_query_batched(['a'])").error?.message).toMatch(
      /Expected element 0 to be \{ query, context \}/,
    );
  });
});

describe("tools", () => {
  it("sends arguments as JSON and gives the result", () => {
    const { print, calls, run } = testMachine({ tools: ["add"] });
    expect(print("[await tools.add({ a: 1, b: 2 }), await tools.add()]", ({ prompt }) => prompt.length)).toBe(
      "[13, 2]\n",
    );
    expect(calls[0]).toEqual({ id: 1, kind: "tool", name: "add", prompt: '{"a":1,"b":2}', options: {} });
    expect(run("await tools.add([1])").error?.message).toMatch(
      /Expected tools.add to be called with one object of named arguments/,
    );
    expect(run("'use strict'; tools.other = 1").error?.message).toMatch(/not extensible/);
    expect(run("await tools.other({})").error?.message).toMatch(/tools.other is not a function/);
  });
});
