import type { ReplCases } from "./repl-case.ts";

/** Hoisting, closures, generators, and functions in blocks. */
export const functions: ReplCases = {
  "a function and a class": [
    ["function f(a){return a+1}\nclass A{m(){return f(1)}}", ""],
    ["new A().m()", "2"],
  ],
  "called before it is declared": [["const r=g(2);\nfunction g(a){return a*2}\nr", "4"]],
  "called above an error in its block": [
    ["print(g())\nnull.x\nfunction g() { return 'there' }", { shown: "there", error: /^TypeError/ }],
    ["g()", "there"],
  ],
  "declared below a return": [
    ["return later()\nfunction later() { return 'later' }", "later"],
    ["later()", "later"],
  ],
  "declared twice: the last one counts": [
    ["print(twice())\nfunction twice() { return 1 }\nfunction twice() { return 2 }", "2"],
  ],
  "var of a function's name keeps the function": [
    ["var f; typeof f\nfunction f() {}", ""],
    ["typeof f", "function"],
  ],
  "assigned in its own block": [
    ["function w(){return 1}\nw=()=>2;\nw()", "2"],
    ["w()", "2"],
  ],
  "recursion by a name declared again": [
    ["function rec(n){return n?rec(n-1)+1:0}", ""],
    ["const old=rec; function rec(n){return 100}\nold(1)", "100"],
  ],
  "functions of two blocks that call each other": [
    ["function even(n) { return n === 0 || odd(n - 1) }", ""],
    ["function odd(n) { return n !== 0 && even(n - 1) }\n[even(10), odd(7), even(7)]", "[true, true, false]"],
  ],
  "a closure sees later values": [
    ["let n=0; const inc=()=>++n", ""],
    ["inc(); inc(); n", "2"],
    ["n = 10; inc()", "11"],
  ],
  "a closure sees a name declared again": [
    ["const k=1; const getk=()=>k", ""],
    ["const k=2; getk()", "2"],
  ],
  "a function sees a let of its block, and one of a later block": [
    ["let a = 1\nfunction both() { return [a, typeof b === 'undefined' ? 0 : b] }\nboth()", "[1, 0]"],
    ["let b = 2\nboth()", "[1, 2]"],
  ],
  "closures of a loop keep a value each": [
    ["const all = []\nfor (let i = 0; i < 3; i++) all.push(() => i)\nfor (const x of 'ab') all.push(() => x)", ""],
    ["all.map((f) => f())", '[0, 1, 2, "a", "b"]'],
  ],
  "closures of a var in a loop share it": [
    ["const all = []\nfor (var i = 0; i < 3; i++) all.push(() => i)", ""],
    ["all.map((f) => f())", "[3, 3, 3]"],
  ],
  "a private counter": [
    ["const counter = (() => { let hidden = 0; return () => ++hidden })()", ""],
    ["counter(); counter()", "2"],
    ["typeof hidden", "undefined"],
  ],
  "parameters and locals hide globals": [
    ["let a = 1, b = 2; function f(a, { b } = { b: 5 }) { var c = a + b; let d = c; return d }", ""],
    ["[f(10), a, b, typeof c, typeof d]", '[15, 1, 2, "undefined", "undefined"]'],
  ],
  "arguments, this and new.target": [
    [
      "function f() { return [arguments.length, this === globalThis, new.target === undefined] }\nf(1, 2)",
      "[2, true, true]",
    ],
  ],
  "default parameters see globals of later": [
    ["function f(a = base * 2) { return a }\nvar base = 3", ""],
    ["base = 5; f()", "10"],
  ],
  "an immediately invoked function after a line without semicolon": [
    ["let w1 = 3\n;(function () { w1++ })()\nw1", "4"],
  ],
  "a generator that goes on in later blocks": [
    ["function* count() { let n = 0; while (true) yield n++ }\nconst it = count()\nit.next().value", "0"],
    ["it.next().value", "1"],
    ["[...it.take(2)]", "[2, 3]"],
  ],
  "yield* and return of a generator": [
    [
      "function* inner() { const got = yield 1; return got * 2 }\nfunction* outer() { const r = yield* inner(); yield r }",
      "",
    ],
    ["const g = outer(); g.next(); [g.next(21).value, g.next().done]", "[42, true]"],
  ],
  "an async generator and for await": [
    ["async function* gen(){yield 1;yield 2}\nlet s=0; for await (const v of gen()) s+=v;", ""],
    ["s", "3"],
  ],
  "an async generator that asks": [
    ["async function* ask(...prompts) { for (const p of prompts) yield await llm_query(p) }", ""],
    ["const got = []; for await (const text of ask('a', 'b')) got.push(text)\ngot", '["re: a", "re: b"]'],
  ],
  "async arrows and Promise.all": [
    ["const ask=async i=>i*2; const rs=await Promise.all([1,2,3].map(ask))", ""],
    ["rs", "[2, 4, 6]"],
  ],
  "a function in a block is the script's too": [
    ["{ function inner(){return 3} }", ""],
    ["inner()", "3"],
  ],
  "a function in a block, used before the block and in it": [
    [
      "const at = typeof soon\n{ print(soon()); function soon() { return 'in' } }\n[at, soon()]",
      'in\n["undefined", "in"]',
    ],
  ],
  "a function in a block that is not run": [
    ["if (false) { function never() {} }\ntypeof never", "undefined"],
    ["never", ""],
  ],
  "a function in a block hides none of the block before": [
    ["function h() { return 1 }", ""],
    ["print(h()); if (true) { function h() { return 2 } }\nh = () => 3", "1\n[function h]"],
    ["h()", "3"],
  ],
  "a function in a block below a let of its name stays there": [
    ["let f = 1; { function f() { return 2 } print(f()) }\nf", "2\n1"],
    ["f", "1"],
  ],
  "a function in a block within a block with its name stays there": [
    ["{ let f = 1; { function f() {} } }\ntypeof f", "undefined"],
  ],
  "a function in a switch, a condition and after a label": [
    [
      "switch (1) { case 1: function s() { return 's' } }\nif (true) function c() { return 'c' }\nlab: function l() { return 'l' }\n[s(), c(), l()]",
      '["s", "c", "l"]',
    ],
    ["[s(), c(), l(), s.name, c.name, l.name]", '["s", "c", "l", "s", "c", "l"]'],
  ],
  "async functions and generators of a block stay there": [
    [
      "{ async function a() {} function* g() {} class K {} }\n[typeof a, typeof g, typeof K]",
      '["undefined", "undefined", "undefined"]',
    ],
  ],
  "a function of a reserved name in a block is the block's": [
    ["{ function print() { return 2 } print() }\nprint('mine')", "mine"],
  ],
  "in strict code a function of a block stays there": [
    ['"use strict"\n{ function own() {} }\ntypeof own', "undefined"],
  ],
  "the source of a function": [
    ["function f ( a )  { /* c */ return a }\nString(f)", "function f ( a )  { /* c */ return a }"],
  ],
  "methods, getters and computed names": [
    [
      'const o = { async *gen() { yield 1 }, get g() { return this.h + 1 }, set g(v) { this.h = v }, ["x" + 1]: 2 }\no.g = 4; for await (const v of o.gen()) print(v)',
      "1",
    ],
    ["const { x1, g } = o; [x1, g]", "[2, 5]"],
  ],
};
