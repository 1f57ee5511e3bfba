import type { ReplCases } from "./repl-case.ts";

/** Declarations stay, can be made again in any way, and all of their forms are known. */
export const declarations: ReplCases = {
  "const and let": [
    ["const x=1; let y=2", ""],
    ["x+y", "3"],
  ],
  "var without value keeps what is there": [
    ["var kept = 5", ""],
    ["var kept; kept", "5"],
  ],
  "let without value takes what was there away": [
    ["let gone = 5", ""],
    ["let gone; typeof gone", "undefined"],
  ],
  "let again as let, with the value of before": [
    ["let n = 1", ""],
    ["let n = 2; n", "2"],
  ],
  "const declared again": [
    ["const x=1", ""],
    ["const x=2; x", "2"],
  ],
  "const again by its former self": [
    ["const s1=[1]", ""],
    ["const s1=[...s1,2]; s1", "[1, 2]"],
  ],
  "let to function": [
    ["let h=1", ""],
    ["function h(){return 7}\nh()", "7"],
  ],
  "function to const": [
    ["function h(){return 7}", ""],
    ["const h=()=>8; h()", "8"],
  ],
  "const to class": [
    ["const C = 1", ""],
    ["class C { v() { return 3 } }\nnew C().v()", "3"],
  ],
  "class to const": [
    ["class C {}", ""],
    ["const C = 4; C", "4"],
  ],
  "class to function": [
    ["class C {}", ""],
    ["function C() { return 5 }\nC()", "5"],
  ],
  "function to class": [
    ["function C() {}", ""],
    ["class C { v = 6 }\nnew C().v", "6"],
  ],
  "var to let to const": [
    ["var v = 1", ""],
    ["let v = v + 1", ""],
    ["const v = v + 1; v", "3"],
  ],
  "global without declaration, then let": [
    ["total=5", "5"],
    ["let total = total + 1; total", "6"],
  ],
  "function to async generator": [
    ["function f() {}", ""],
    ["async function* f() { yield 2 }\nfor await (const x of f()) print(x)", "2"],
  ],
  "declared again after an error": [
    ['const before=1; throw new Error("x"); const after=2', /^Error: x/],
    ["const after=3; after", "3"],
  ],
  "class declared again: old objects keep their class": [
    ["class C{v(){return 1}}\nconst old = new C()", ""],
    ["class C{v(){return 2}}\n[old.v(), new C().v(), old instanceof C]", "[1, 2, false]"],
  ],
  "let twice in one block": [
    ["let d1=1; let d1=2", /^SyntaxError: Identifier 'd1' has already been declared\n {4}at block-1\.js:1:15/],
  ],
  "function and let of one name in one block": [
    ["let f1 = 1; function f1() {}", /^SyntaxError: Identifier 'f1' has already been declared/],
  ],
  "several names, some without value": [
    ["let m1, m2=2, m3", ""],
    ["[m1===undefined,m2,m3===undefined]", "[true, 2, true]"],
  ],
  "destructuring with defaults and rest": [
    ["const {a,b:[c,...d],e=9,...r}={a:1,b:[2,3,4],z:5}; let [p=3]=[]", ""],
    ["[a,c,d,e,r,p]", "[1, 2, [3, 4], 9, { z: 5 }, 3]"],
  ],
  "destructuring by computed keys, holes and defaults that see earlier names": [
    ['const key = "k"; const { [key + 1]: one, [`${key}2`]: [, two = one * 2] } = { k1: 1, k2: [0] }', ""],
    ["[one, two]", "[1, 2]"],
  ],
  "destructuring swaps and nests": [
    ["let left = 1, right = 2", ""],
    [";[left, right] = [right, left]; const { in: { deep: { er: [[inner]] } } } = { in: { deep: { er: [[7]] } } }", ""],
    ["[left, right, inner]", "[2, 1, 7]"],
  ],
  "destructuring of a Map's entries, a string and an awaited value": [
    [
      "const [[k1, v1], [k2]] = new Map([['a', 1], ['b', 2]]), [first, ...others] = 'xyz', { length } = await Promise.resolve([1, 2])",
      "",
    ],
    ["[k1, v1, k2, first, others, length]", '["a", 1, "b", "x", ["y", "z"], 2]'],
  ],
  "destructuring in the head of a loop": [
    ["for (var [i, { v = 5, ...more }] of [[1, { w: 2 }]]) ;\nfor (var { length: len } of ['abc']) ;", ""],
    ["[i, v, more, len]", "[1, 5, { w: 2 }, 3]"],
  ],
  "destructuring of nothing is an error, and names stay undefined": [
    ["const { q } = null", /^TypeError: .*null/],
    ["typeof q", "undefined"],
  ],
  "names of functions and classes from their variables": [
    ["const arrow=()=>0, plain = (function(){}), Klass = class {}, { inner = () => 1 } = {}", ""],
    ["[arrow.name, plain.name, Klass.name, inner.name]", '["arrow", "plain", "Klass", "inner"]'],
  ],
  "parentheses and comments around values": [
    ["const /* c = 1 */ a /* = */ = /* 2 */ (1, 2), b = ((3)) // = 4", ""],
    ["[a, b]", "[2, 3]"],
  ],
  "a declaration over many lines": [
    ["const\n  long\n  =\n    1,\n  longer\n  = long + 1\n;", ""],
    ["[long, longer]", "[1, 2]"],
  ],
  "names of builtins": [
    ['const name="n", status=2, Map2=Map; let Set=5', ""],
    ["[name,status,Set]", '["n", 2, 5]'],
  ],
  "names of Object's own methods": [
    ["const constructor = 1, toString = 2; let hasOwnProperty = 3, __proto__ = 4", ""],
    ["[constructor, toString, hasOwnProperty, __proto__]", "[1, 2, 3, 4]"],
  ],
  "words that are keywords only in some places": [
    ["let async = 1, of = 2, get = 3, set = 4, from = 5, as = 6, type = 7, using = 8, yield = 9, static = 10", ""],
    ["for (var async of [async + of + get + set + from + as + type + using + yield + static]) ;\nasync", "55"],
  ],
  "a reserved name, with its line": [
    [
      "let a = 1\nconst { b: [print] } = {}",
      /^SyntaxError: "print" is reserved by the REPL and cannot be declared: choose another name\n {4}at block-1\.js:2:13\n/,
    ],
    ["typeof a", "undefined"],
  ],
  "keywords as names": [
    ["let await = 1", /^SyntaxError: "await" cannot be declared\n {4}at block-1\.js:1:5/],
    ["const class = 1", /^SyntaxError: Unexpected keyword 'class'/],
    ["const let = 1", /^SyntaxError: let is disallowed as a lexically bound name/],
    ["var enum = 1", /^SyntaxError: .*enum/],
  ],
  "undefined, NaN and eval as names": [
    ["let undefined = 1", /^SyntaxError: "undefined" is reserved/],
    ["var NaN", /^SyntaxError: "NaN" is reserved/],
    ["function eval() {}", /^SyntaxError: "eval" is reserved/],
  ],
  "const is assignable, which is a known loss": [
    ["const loose = 1", ""],
    ["loose = 2; loose", "2"],
  ],
  "using disposes at the end of its block, in reverse, and its names stay": [
    [
      "const item = (name) => ({ name, [Symbol.dispose]() { print('closed', name) } })\nusing a = item('a'), b = item('b')\nprint('open', nameOf())\nfunction nameOf() { return a.name }",
      "open a\nclosed b\nclosed a",
    ],
    ["[a.name, b.name]", '["a", "b"]'],
  ],
  "await using": [
    [
      "await using a = { async [Symbol.asyncDispose]() { await null; print('closed') } }\nprint('open')",
      "open\nclosed",
    ],
  ],
  "using disposes after an error": [
    [
      "using a = { [Symbol.dispose]() { print('closed') } }\nnull.x",
      { shown: "closed", error: /^TypeError: .*\n {4}at block-1\.js:2:6$/ },
    ],
  ],
  "using in a block and in a loop": [
    [
      "{ using a = { [Symbol.dispose]() { print('one') } } }\nfor (using b of [{ [Symbol.dispose]() { print('two') } }]) print('in')\n;[typeof a, typeof b]",
      'one\nin\ntwo\n["undefined", "undefined"]',
    ],
  ],
};
