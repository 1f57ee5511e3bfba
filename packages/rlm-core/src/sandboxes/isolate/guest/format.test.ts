import { describe, expect, it } from "vitest";
import { testMachine } from "../testing/test-machine.ts";

const shown: Record<string, string> = {
  "'text'": "text",
  "['text']": '["text"]',
  "-0": "-0",
  "10n ** 20n": "100000000000000000000n",
  "10n ** 100n": "[a bigint of more than 60 digits]",
  "Symbol('s')": "Symbol(s)",
  null: "null",
  "{ a: 1, 'b c': [true], [Symbol('k')]: undefined }": '{ a: 1, "b c": [true], [Symbol(k)]: undefined }',
  "[1, , 3]": "[1, <empty>, 3]",
  "[[[[[[[[1]]]]]]]]": "[[[[[[[… 1 elements]]]]]]]",
  "new Map([['a', { b: 1 }]])": 'Map(1) { "a" => { b: 1 } }',
  "new Set([1, 'a'])": 'Set(2) { 1, "a" }',
  "new Date(0)": "1970-01-01T00:00:00.000Z",
  "new Date(NaN)": "Invalid Date",
  "/a\\/b/gi": "/a\\/b/gi",
  "new Uint8Array(3)": "Uint8Array(3) [0, 0, 0]",
  "new ArrayBuffer(8)": "ArrayBuffer(8)",
  "Object.create(null)": "{}",
  "new (class Point { constructor() { this.x = 1 } })()": "Point { x: 1 }",
  "() => 1": "[function]",
  "class Named {}": "[class Named]",
  "Promise.resolve(1)": "[Promise: put `await` before it to get its value]",
  "new WeakMap()": "[WeakMap]",
  "new Error('bad')": "Error: bad\n    at block-1.js:1:8",
  "Object.create(Map.prototype)": "Map {}",
  llm_query: "[function llmQuery]",
};

describe("print()", () => {
  for (const [value, text] of Object.entries(shown)) {
    it(`shows ${value}`, () => expect(testMachine().print(`print((${value}))`)).toBe(`${text}\n`));
  }

  it("joins values by spaces, as console.log does", () => {
    expect(testMachine().print("print('a', 1); console.log(); console.error('b', [2])")).toBe("a 1\n\nb [2]\n");
  });

  it("breaks long data into lines, and fills lines with short items", () => {
    const { print } = testMachine();
    expect(print("print([{ name: 'x'.repeat(60) }, { name: 'y'.repeat(60) }])")).toBe(
      `[\n  { name: "${"x".repeat(60)}" },\n  { name: "${"y".repeat(60)}" }\n]\n`,
    );
    expect(print("print(Array.from({ length: 40 }, (_, i) => i + 100))").split("\n")).toHaveLength(5);
  });

  it("calls no getter, trap or method of the code", () => {
    const { print } = testMachine();
    const trap = "new Proxy({}, { get() { ran++ }, ownKeys() { ran++ }, getPrototypeOf() { ran++ } })";
    const code = `var ran = 0;
      print({ get a() { ran++ } }, ${trap}, Object.create(${trap}), { toJSON() { ran++ }, toString() { ran++ } });
      print(Object.assign(new Error('e'), { toString() { ran++ } }), new (class { get name() { ran++ } get ['constructor']() { ran++ } })());
      ran`;
    expect(print(code)).toMatch(/^\{ a: \[getter\] \} \[Proxy\] \{\} [\s\S]*\n0\n$/);
  });

  it("is bounded for cycles, wide and deep values", () => {
    const { print } = testMachine();
    expect(print("const o = { n: 1 }; o.self = [o]; print(o)")).toBe("{ n: 1, self: [[circular]] }\n");
    expect(print("print(Array(1e6).fill(1))")).toMatch(/… 999,900 more\n\]\n$/);
    expect(print("print(Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => [i, i])))")).toMatch(
      /… 9,900 more\n\}\n$/,
    );
    expect(print("let deep = []; for (let i = 0; i < 1e5; i++) deep = [deep]; print(deep)")).toMatch(
      /^\[{7}… 1 elements\]+\n$/,
    );
    expect(print("print(['x'.repeat(1e6)])").length).toBeLessThan(6_000);
  });

  it("keeps beginning and end of what is more than outputChars, and counts all", () => {
    const { run } = testMachine({ limits: { outputChars: 1_000 } });
    const { output } = run("for (let i = 0; i < 10000; i++) print('line ' + i)");
    expect(output.chars).toBe(98_890);
    expect(output.text).toMatch(/^line 0\nline 1\n[\s\S]*\n\[… 97,890 characters left out …\]\n[\s\S]*line 9999\n$/);
    expect(output.text.length).toBe(1_000 + "\n[… 97,890 characters left out …]\n".length);
    expect(run("print('a'.repeat(999))").output).toEqual({ text: `${"a".repeat(999)}\n`, chars: 1_000 });
  });

  it("prints a long context cheaply", () => {
    const { run } = testMachine({ context: "é".repeat(2_000_000), limits: { outputChars: 200 } });
    const { output, computeMs } = run("for (let i = 0; i < 1000; i++) print(context)");
    expect(output.chars).toBe(2_000_001_000);
    expect(computeMs).toBeLessThan(2_000);
  });

  it("cannot be replaced or changed", () => {
    const { run, print } = testMachine();
    for (const code of [
      "print = 1",
      "globalThis.console = 1",
      "({ print } = { print: 1 })",
      "for (print of [1]);",
      "FINAL++",
      "context = ''",
    ]) {
      expect(run(code).error?.message).toMatch(/is reserved by the REPL and cannot be assigned/);
    }
    expect(run("'use strict'; console.log = 1").error?.message).toMatch(/read only/);
    expect(run("Object.defineProperty(globalThis, 'print', { value: 1 })").error?.message).toMatch(/Cannot redefine/);
    expect(print("delete globalThis.print; print('still')")).toBe("still\n");
  });
});

describe("a string longer than memory", () => {
  it("is named by its length, and never put together, where it is shown or refused", () => {
    const { run } = testMachine({ limits: { heapMb: 32 } });
    const named = "[a string of 500,000,000 characters, too long to show: print a slice of it]";
    expect(run("print('before'); const long = 'x'.repeat(5e8)").output.text).toBe("before\n");
    expect(run("print(long); ({ long })").output.text).toBe(`${named}\n{ long: ${named} }\n`);
    expect(run("SHOW_VARS()").output.text).toBe("long: string, 500,000,000 characters\n");
    expect(run("throw long").error?.message).toBe(`Thrown: ${named}`);
    const refused = /500,000,000 characters, at most [\d,]+ are allowed; (cut it into pieces|shorten it)/;
    for (const code of ["await llm_query(long)", "await rlm_query('q', long)", "FINAL(long)"])
      expect(run(code).error?.message).toMatch(refused);
    const batch = run("await llm_query_batched([long, 'b'])", () => "r");
    expect(batch.output.text).toMatch(refused);
  });
});

describe("SHOW_VARS()", () => {
  it("lists variables with types and sizes, also globals that were not declared", () => {
    const { print } = testMachine({ contexts: { log: "abc" } });
    expect(print("SHOW_VARS()")).toBe("no variables yet\n");
    const code = `const text = 'x'.repeat(1500), one = [1], map = new Map([[1, 2]]), data = { a: 1, b: 2 }; let unset;
      function go() {} class Own {} const own = new Own(), soon = Promise.resolve(); total = 5; const Set = 1`;
    print(code);
    expect(print("SHOW_VARS()").split("\n")).toEqual([
      "Own: class",
      "Set: number",
      "data: object, 2 keys",
      "go: function",
      "map: Map, 1 entry",
      "one: array, 1 element",
      "own: Own, 0 keys",
      "soon: Promise",
      "text: string, 1,500 characters",
      "total: number",
      "unset: undefined",
      "",
    ]);
  });
});
