import type { ReplCases } from "./repl-case.ts";

/** The global object, `this`, deleting, and the REPL's own names. */
export const scope: ReplCases = {
  "a global without declaration": [
    ["total=5", "5"],
    ["total", "5"],
  ],
  "this at the top is the global object": [
    ["this === globalThis", "true"],
    ["this.mine = 5", "5"],
    ["mine", "5"],
    ["'use strict'; this === globalThis", "true"],
  ],
  "variables are the global object's": [
    ["let a = 1; const b = 2; class C {} function f() {}", ""],
    ["[globalThis.a, globalThis.b, typeof globalThis.C, typeof globalThis.f]", '[1, 2, "function", "function"]'],
    ["globalThis.a = 9; a", "9"],
    ["'a' in globalThis", "true"],
  ],
  "a variable that is declared cannot be deleted, one that is not can": [
    ["let d = 1; delete globalThis.d", "false"],
    ["d", "1"],
    ["e = 2; delete globalThis.e", "true"],
    ["typeof e", "undefined"],
    ["delete globalThis.nothing", "true"],
  ],
  "delete of a name": [
    ["let d = 1; delete d", "false"],
    ["e = 2; delete e", "true"],
    ["'use strict'; delete d", /^SyntaxError: Deleting local variable in strict mode/],
  ],
  "a variable is cleared by setting it": [
    ["let big = [1]; big = undefined", ""],
    ["typeof big", "undefined"],
  ],
  "a getter on the global object": [
    [
      "let reads = 0; Object.defineProperty(globalThis, 'g', { get() { return ++reads }, configurable: true })\ng + g",
      "3",
    ],
    ["reads", "2"],
    ["let g = 7; g", "7"],
    ["g++; [g, reads]", "[8, 2]"],
  ],
  "a property that cannot be written": [
    ["Object.defineProperty(globalThis, 'fixed', { value: 1 }); fixed", "1"],
    ["fixed = 2; fixed", "1"],
    ["let a = 1, fixed = 2", /^TypeError: "fixed" cannot be declared: code has made it a property of globalThis/],
    ["typeof a", "undefined"],
    ["'use strict'; fixed = 3", /^TypeError: Cannot assign to read only property 'fixed'/],
  ],
  "a new variable when the global object takes none": [
    ["Object.preventExtensions(globalThis); undefined", ""],
    ["let late = 1", /^TypeError: the global object was frozen, so that no variable can be declared any more/],
  ],
  "arguments, new.target, super and yield at the top": [
    ["arguments", /^ReferenceError: arguments is not defined/],
    ["new.target", /^SyntaxError: 'new.target' can only be used in functions/],
    ["super.x", /^SyntaxError: 'super' keyword/],
    ["yield 5", /^SyntaxError: Unexpected token/],
  ],
  "assigning a reserved name": [
    [
      "print = 1",
      /^TypeError: "print" is reserved by the REPL and cannot be assigned: choose another name\n {4}at block-1\.js:1:7$/,
    ],
    ["context = 'mine'", /^TypeError: "context" is reserved/],
    ["typeof print", "function"],
  ],
  "declaring a reserved name, in every form": [
    "let print",
    "var print = 1",
    "const { a: [print] } = x",
    "function print() {}",
    "class print {}",
    "if (1) { var print }",
    "for (var print of []) {}",
    "for (var print = 0;;) {}",
    "for await (var { print } of []) {}",
    "using print = null",
    "const context = 1",
    "const llm_query = 1",
    "const find = 1",
  ].map(
    (code) =>
      [
        code,
        /^SyntaxError: "\w+" is reserved by the REPL and cannot be declared: choose another name\n {4}at block-\d+\.js:1:\d+/,
      ] as const,
  ),
  "reserved names as locals": [
    [
      "const f = (print) => print\nfor (const print of [1]) f(print)\n{ let print = 2; class find {} }\nfunction g({ context }) { var llm_query = context; return llm_query }\n[f(3), g({ context: 4 })]",
      "[3, 4]",
    ],
    ["typeof print", "function"],
  ],
  symbols: [
    ["const s = Symbol('s'), o = { [s]: 1, [Symbol.iterator]: function* () { yield s.description } }", ""],
    ["[o[s], ...o, Symbol.for('k') === Symbol.for('k')]", '[1, "s", true]'],
    ["globalThis[s] = 5; globalThis[s]", "5"],
  ],
  "builtins that are replaced": [
    ["let Symbol = 5, Map = 6; Array.prototype.map = () => 'mine'\n;[...[1, 2]].map()", "mine"],
    ["print([1, [2]], { a: 1 })", "[1, [2]] { a: 1 }"],
  ],
  with: [
    ["const o = { a: 1 }\nwith (o) { a = 2; var b = a; let c = 3 }", ""],
    ["[o.a, b, typeof c]", '[2, 2, "undefined"]'],
  ],
  "names of one session in another block's strings": [
    ["let a = 1; const text = 'a = 2; let a'", ""],
    ["a", "1"],
  ],
  "SHOW_VARS lists what the code declared": [
    [
      "let a = 1; function f() {} class C {}; loose = 2; var { b, c: [d] } = { b: 3, c: [4] }; if (0) { var never }",
      "",
    ],
    ["SHOW_VARS()", "C: class\na: number\nb: number\nd: number\nf: function\nloose: number\nnever: undefined"],
  ],
};
