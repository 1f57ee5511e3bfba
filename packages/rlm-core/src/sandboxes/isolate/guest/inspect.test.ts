import { describe, expect, it } from "vitest";
import { testMachine } from "../testing/test-machine.ts";

function hashOf(...blocks: string[]): string {
  const { machine, run } = testMachine();
  for (const block of blocks) {
    const { error } = run(block);
    if (error !== undefined) throw new Error(error.message);
  }
  return machine.inspect().hash;
}

// Values of which no two are the same.
const values = [
  "1",
  "'1'",
  "1n",
  "-0",
  "0",
  "NaN",
  "null",
  "undefined",
  "true",
  "''",
  "[]",
  "{}",
  "[1]",
  "['1']",
  "[undefined]",
  "[,]",
  "Array(2)",
  "{ a: 1 }",
  "{ a: 1, b: 2 }",
  "{ b: 2, a: 1 }",
  "{ a: { b: 1 } }",
  "Object.create(null)",
  "Object.create({ a: 1 })",
  "new Map()",
  "new Map([[1, 2]])",
  "new Map([[1, { a: 1 }]])",
  "new Set()",
  "new Set([1])",
  "new Date(1)",
  "new Date(2)",
  "/a/",
  "/a/g",
  "/b/",
  "Symbol('a')",
  "() => 1",
  "() => 2",
  "Math.max",
  "Math.min",
  "class {}",
  "new (class Own {})()",
  "new (class Own { a = 1 })()",
  "new Uint8Array([1, 2])",
  "new Uint8Array([1, 3])",
  "new Uint16Array([1, 2])",
  "new Uint8Array([1, 2]).buffer",
  "Promise.resolve(1)",
  "new Error('a')",
  "new Error('b')",
  "{ get a() { return 1 } }",
  "{ get a() { return 2 } }",
  "Object.defineProperty({}, 'a', { value: 1 })",
  "{ [Symbol('k')]: 1 }",
  "new Proxy({}, {})",
  "(() => { const o = {}; o.o = o; return o })()",
  "(() => { const o = {}; return [o, o] })()",
  "[{}, {}]",
  "'\\ud800'",
  "'\\ud801'",
  "Object.assign([1], { extra: 1 })",
  "Object.assign(() => 1, { extra: 1 })",
];

describe("inspect()", () => {
  it("gives equal values equal hashes and other values others", () => {
    const hashes = values.map((value) => hashOf(`var v = ${value}`));
    expect(values.map((value) => hashOf(`var v = ${value}`))).toEqual(hashes);
    const twins = values.filter((_, index) => hashes.indexOf(hashes[index] ?? "") !== index);
    expect(twins).toEqual([]);
  });

  it("depends on names and values, not on how they came about", () => {
    expect(hashOf("let a = 1", "let b = { x: [1] }")).toBe(hashOf("let b = { x: [] }; b.x.push(1)", "a = 1"));
    expect(hashOf("let a = 1")).not.toBe(hashOf("let b = 1"));
  });

  it("sees a context that was changed", () => {
    const hashes = ["0", "context.push(3)"].map((code) => {
      const { machine, run } = testMachine({ context: [1, 2] });
      run(code);
      return machine.inspect().hash;
    });
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it("lists variables sorted, with type, size and preview", () => {
    const { machine, run } = testMachine();
    run(
      "const text = 'ab\\ncd'; let list = [1, 2]; function f() {}; Object.defineProperty(globalThis, 'live', { get() { throw 1 }, configurable: true })",
    );
    expect(machine.inspect().variables).toEqual([
      { name: "f", type: "function", size: "", preview: "[function f]" },
      { name: "list", type: "array", size: "2 elements", preview: "[1, 2]" },
      { name: "live", type: "getter", size: "", preview: "" },
      { name: "text", type: "string", size: "5 characters", preview: "ab\ncd" },
    ]);
  });

  it("bounds previews and names", () => {
    const { machine, run } = testMachine();
    run(
      `const wide = 'x'.repeat(1e5), rows = Array(1e4).fill({ a: 1 }); globalThis['n'.repeat(5000)] = 1; for (let i = 0; i < 30000; i++) globalThis['v' + i] = i`,
    );
    const { variables } = machine.inspect();
    expect(variables.length).toBeLessThanOrEqual(20_000);
    expect(Math.max(...variables.map(({ preview }) => preview.length))).toBe(200);
    expect(Math.max(...variables.map(({ name }) => name.length))).toBeLessThanOrEqual(200);
  });

  it("changes nothing that the code can see", () => {
    const { machine, run, print } = testMachine();
    const trap = "new Proxy({}, new Proxy({}, { get(_, name) { ran.push(name) } }))";
    run(`var ran = []; const odd = { get a() { ran.push('a') }, p: ${trap}, q: Object.create(${trap}), toJSON() { ran.push('json') } };
      class Own { get [Symbol.toStringTag]() { ran.push('tag') } static get name() { ran.push('name') } } const own = new Own(); const first = Math.random(), re = /a/g; re.lastIndex = 3`);
    run(
      "Object.prototype.toJSON = () => { ran.push('inherited') }; Object.defineProperty(Object.prototype, 'value', { configurable: true, get() { ran.push('value') }, set() { ran.push('set') } })",
    );
    const before = machine.inspect();
    expect(machine.inspect()).toEqual(before);
    run("delete Object.prototype.toJSON; delete Object.prototype.value");
    const twin = testMachine();
    twin.run("const first = Math.random()");
    expect(print("[ran.length, re.lastIndex, Date.now(), Math.random()]")).toBe(
      twin.print("[0, 3, Date.now(), Math.random()]"),
    );
  });

  it("reads deep and wide values without end of stack or time", () => {
    const { machine, run } = testMachine({ limits: { heapMb: 256 } });
    run(
      "let deep = []; for (let i = 0; i < 1e5; i++) deep = [deep]; const lines = ('x'.repeat(79) + '\\n').repeat(125000).split('\\n')",
    );
    const start = performance.now();
    const { variables } = machine.inspect();
    expect(variables.map(({ name }) => name)).toEqual(["deep", "lines"]);
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  it("lists variables that there is no room to hash", () => {
    const { machine, run } = testMachine();
    run("const rows = Array.from({ length: 700_000 }, (_, at) => ({ at })), total = 3");
    const before = machine.inspect(false);
    expect(before.variables.map(({ name, size }) => [name, size])).toEqual([
      ["rows", "700,000 elements"],
      ["total", ""],
    ]);
    expect(() => machine.inspect()).toThrow("Cannot inspect the variables: there is too much of them");
  });

  it("can be asked while the block waits", () => {
    const { machine } = testMachine();
    machine.run({ code: "const a = 1; const b = await llm_query('q')", clock: 0, computeMs: 1_000 });
    expect(machine.inspect().variables.map(({ name, type }) => `${name} ${type}`)).toEqual(["a number", "b undefined"]);
  });
});
