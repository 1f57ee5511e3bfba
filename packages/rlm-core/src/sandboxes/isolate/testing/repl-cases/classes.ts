import type { ReplCases } from "./repl-case.ts";

export const classes: ReplCases = {
  "private fields, methods and static blocks": [
    [
      "class A {\n  #p = 1\n  static made = 0\n  static { this.ready = true }\n  static #count() { return ++A.made }\n  constructor() { A.#count() }\n  get p() { return this.#p }\n  set p(v) { this.#p = v * 2 }\n  has(o) { return #p in o }\n}",
      "",
    ],
    ["const a = new A(); a.p = 4; [a.p, A.made, A.ready, a.has(a), a.has({})]", "[8, 1, true, true, false]"],
  ],
  "extends across blocks, with super": [
    [
      "class A { constructor(n) { this.n = n } get twice() { return this.n * 2 } static make(n) { return new this(n) } }",
      "",
    ],
    ["class B extends A { constructor(n) { super(n + 1) } get twice() { return super.twice + 100 } }", ""],
    ["const b = B.make(1); [b.twice, b instanceof A, b.constructor.name]", '[104, true, "B"]'],
  ],
  "a parent that is declared again does not change its child": [
    ["class A { v() { return 1 } }", ""],
    ["class B extends A {}", ""],
    ["class A { v() { return 2 } }\n[new B().v(), new A().v()]", "[1, 2]"],
  ],
  "a class refers to itself": [
    ["class N { static of() { return new N() } }\nconst make = N.of", ""],
    ["N = 5; make().constructor.name", "N"],
  ],
  "used above its declaration": [["new Late()\nclass Late {}", /^TypeError: Late is not a constructor/]],
  "a function uses a class below it": [
    ["function make() { return new K(2) }\nclass K { constructor(n) { this.n = n } }\nmake().n", "2"],
  ],
  "fields that see other variables": [
    ["let base = 1; class F { a = base; b = this.a + 1; ['c' + base] = 3; static s = F.name }", ""],
    ["base = 10; const f = new F(); [f.a, f.b, f.c1, F.s]", '[10, 11, 3, "F"]'],
  ],
  "an anonymous class and one with an inner name": [
    ["const P = class {}, Q = class Inner { static n = Inner.name }", ""],
    ["[P.name, Q.name, Q.n, typeof Inner]", '["P", "Inner", "Inner", "undefined"]'],
  ],
  "extends null, a function and an expression": [
    [
      "class X extends (await Promise.resolve(Array)) { last() { return this.at(-1) } }\nfunction Old() { this.o = 1 }\nclass Y extends Old {}\nclass Z extends null { static z = 2 }",
      "",
    ],
    ["[X.from([1, 2]).last(), new Y().o, Z.z]", "[2, 1, 2]"],
  ],
  "own errors": [
    ["class Own extends Error { constructor(m) { super(m); this.name = 'Own' } }", ""],
    ["throw new Own('mine')", /^Own: mine\n {4}at block-2\.js:1:7$/],
    ["try { throw new Own('x') } catch (e) { print(e instanceof Own, e.message) }", "true x"],
  ],
  "extends what is not there": [
    ["class B extends Missing {}", /^ReferenceError: Missing is not defined\n {4}at block-1\.js:1:\d+$/],
    ["typeof B", "undefined"],
  ],
  "two classes in a line and no line break at the end": [
    ["class A { static a = 1 } class B { static b = A.a + 1 } B.b", "2"],
  ],
  "iterators, symbols and async methods": [
    [
      "class R { constructor(n) { this.n = n } *[Symbol.iterator]() { for (let i = 0; i < this.n; i++) yield i } async ask() { return await llm_query('r' + this.n) } get [Symbol.toStringTag]() { return 'Range' } }",
      "",
    ],
    ["print([...new R(3)], `${new R(1)}`)\nawait new R(2).ask()", "[0, 1, 2] [object Range]\nre: r2"],
  ],
  "accessors of an instance in a later block": [
    ["class T { static #one; static get one() { return (T.#one ??= new T()) } }", ""],
    ["T.one === T.one", "true"],
  ],
};
