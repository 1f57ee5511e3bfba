import { describe, expect, it } from "vitest";
import { testMachine } from "../testing/test-machine.ts";

const codeFromText = [
  "eval('1')",
  "(0, eval)('1')",
  "globalThis.eval('1')",
  "Function('return 1')()",
  "new Function('return 1')",
  "Function.prototype.constructor('return 1')",
  "(() => {}).constructor('return 1')",
  "(async () => {}).constructor('return 1')",
  "(function* () {}).constructor('return 1')",
  "(async function* () {}).constructor('return 1')",
  "llm_query.constructor('return 1')",
  "print.constructor('return 1')",
  "[].map.constructor('return 1')",
  "class F extends Function { constructor() { super('return 1') } }; new F()",
  "Reflect.construct((async () => {}).constructor, ['return 1'])",
  "Object.getPrototypeOf(async function () {}).constructor('return 1')",
  "Object.getPrototypeOf(Object.getPrototypeOf(async function () {})).constructor('return 1')",
  "Function.bind(null, 'return 1')()",
  "Function.call(null, 'return 1')",
  "[].constructor.constructor('return 1')",
  "(() => { try { null.x } catch (e) { return e.constructor.constructor('return 1') } })()",
  "(await llm_query('q').catch((e) => e)).constructor.constructor('return 1')",
];

describe("harden()", () => {
  for (const code of codeFromText) {
    it(`runs no text as code: ${code}`, () => {
      const done = testMachine().run(code, () => new Error("failed"));
      expect(done.error?.message).toMatch(/^EvalError: Text cannot be run as code in this REPL/);
    });
  }

  it("keeps functions what they are otherwise", () => {
    const { print } = testMachine();
    const code = `const f = async () => {}; delete Function.prototype.constructor; Function.prototype.constructor = 1;
      [f instanceof Function, f.constructor.name, (() => 1).constructor === Function, Function.name, Function.prototype.call === f.call]`;
    expect(print(code)).toBe('[true, "AsyncFunction", true, "Function", true]\n');
  });

  it("has no memory, clock or hook out of its limits", () => {
    const { print } = testMachine();
    const names = [
      "WebAssembly",
      "SharedArrayBuffer",
      "Atomics",
      "WeakRef",
      "FinalizationRegistry",
      "setTimeout",
      "performance",
      "process",
      "require",
    ];
    expect(print(`[${names.map((name) => `typeof ${name}`).join(", ")}].join()`)).toBe(
      `${names.map(() => "undefined").join()}\n`,
    );
    expect(
      print(
        "const b = new ArrayBuffer(8, { maxByteLength: 1e9 }); [b.resizable, typeof b.resize, typeof b.transfer, b.constructor === ArrayBuffer, b instanceof ArrayBuffer, new Uint8Array(4).buffer.constructor === ArrayBuffer]",
      ),
    ).toBe('[false, "undefined", "undefined", true, true, true]\n');
    expect(
      print(
        "Error.prepareStackTrace = () => 'mine'; Error.stackTraceLimit = 0; try { null.x } catch (e) { print(e.stack.includes('block-')) }",
      ),
    ).toBe("true\n");
  });

  it("lets nothing of isolated-vm or the host be reached from the global object", () => {
    const { print } = testMachine({
      tools: ["add"],
      kits: [{ name: "kit", functions: { id: String((x: unknown) => x) } }],
    });
    const code = `const seen = new Set(), bad = [];
      const walk = (o, path, depth) => {
        if ((typeof o !== 'object' && typeof o !== 'function') || !o || seen.has(o) || depth > 8) return;
        seen.add(o);
        if (typeof o === 'function' && /post|ended|answered|printed|schemaProblem|fitProblem|digest|settle/.test(o.name)) bad.push(path);
        let name; try { name = o.constructor?.name } catch {}
        if (/^(Reference|ExternalCopy|Isolate|Context|Script|Module|NativeModule|Callback)$/.test(name ?? '')) bad.push(path);
        for (const k of Reflect.ownKeys(o)) {
          const d = Object.getOwnPropertyDescriptor(o, k);
          for (const v of [d.value, d.get, d.set]) walk(v, path + '.' + String(k), depth + 1);
        }
        walk(Object.getPrototypeOf(o), path + '.__proto__', depth + 1);
      };
      walk(globalThis, 'g', 0); print(seen.size > 500, bad.join());`;
    expect(print(code)).toBe("true \n");
  });

  it("lets properties on prototypes see nothing of what crosses the border", () => {
    const { print } = testMachine();
    const code = `let stolen = 0;
      const keys = ['0', '1', 'out', 'value', 'id', 'settled', 'characters', 'get', 'set', 'ok', 'kind', 'prompt', 'options', 'schema', 'hits', 'line', 'left'];
      for (const k of keys) for (const p of [Object.prototype, Array.prototype]) Object.defineProperty(p, k, { __proto__: null, configurable: true, get() { stolen++ }, set() { stolen++ } });
      let texts;
      try {
        texts = [await llm_query('a')];
        const r = await llm_query_batched(['a', 'b']);
        await llm_map(['a'], 'x');
        try { await llm_query('fail') } catch (e) {}
        print({ a: 1 }, [1], new Map([[1, 2]]), find('a', { within: ['a'] }));
        SHOW_VARS();
      } finally { for (const k of keys) for (const p of [Object.prototype, Array.prototype]) delete p[k] }
      print('stolen', stolen)`;
    const shown = print(code, ({ prompt }) =>
      prompt === "fail" ? new Error("no") : prompt.length > 9 ? { values: [{ item: 1, value: "v" }] } : "r",
    );
    expect(shown).toMatch(/stolen 0\n$/);
  });

  it("goes on when the code has replaced every builtin that it can", () => {
    const { print, run } = testMachine();
    const code = `const boom = () => { throw new Error('replaced') };
      const say = print, ask = llm_query, many = llm_query_batched, map = llm_map, look = find, final = FINAL, show = SHOW_VARS;
      const { ownKeys, getOwnPropertyDescriptor } = Reflect, types = [Object, Array, String, Number, Map, Set, WeakSet, Promise, RegExp, Error, JSON, Math, Reflect, Symbol, BigInt, Date];
      const spoil = (holder) => {
        const keys = ownKeys(holder);
        for (let i = 0; i < keys.length; i++) try { if (keys[i] !== 'prototype') holder[keys[i]] = boom } catch {}
      };
      for (let t = 0; t < types.length; t++) { spoil(types[t]); if (types[t].prototype) spoil(types[t].prototype) }
      say({ a: [1, 'b'] }, await ask('q'), look('quick'));
      say(await many(['p']), await map(['i'], 'x'));
      show();
      final({ fine: true });`;
    const done = run(code, ({ prompt }) => (prompt.length > 9 ? { values: [{ item: 1, value: "v" }] } : "r"));
    expect(done.error).toBeUndefined();
    expect(done.output.text).toContain('{ a: [1, "b"] } r 1 hit:');
    expect(done.output.text).toContain('["r"] ["v"]');
    expect(done.answer).toEqual({ text: '{"fine":true}', json: true });
    expect(() => print("1")).not.toThrow();
  });

  it("survives calls at the end of the stack", () => {
    const { run, print } = testMachine();
    const code =
      "let n = 0; const sink = () => { try { print({ a: n }); llm_query('q' + n++).catch(() => {}); find('fox'); } catch {} sink() }; try { sink() } catch (e) { print(e.name) }";
    expect(run(code, () => "r").error).toBeUndefined();
    expect(print("await llm_query('after')", () => "fine")).toBe("fine\n");
  });
});
