const words =
  "a b c let const var function function* async await class extends static get set for while do if else switch case default: try catch finally return throw break continue with using new typeof void delete in of instanceof yield this super null import export print arguments eval enum type interface as";
const marks =
  "( ) [ ] { } = == => , ; : . ... ?. ? ?? + - ++ -- * ** / ! < > >= & | ^ ~ ` ' \" # @ \\ <!-- --> #! 0 1 017 0x 1n /a/ /a/g 'a' \"use strict\" `t` `${ } \ud83c 판 \\u0061";
const pieces = [
  "let a = 1",
  "const { a, b = 1, ...c } = d",
  "var [a, [b]] = c",
  "function f(a) { return a }",
  "{ function f() {} }",
  "class A extends B { #a = 1; static { } m() { } }",
  "async function g() { await a }",
  "for (var i = 0; i < 1; i++)",
  "for (var a of b)",
  "for (let [a] of b) {",
  "for await (var a of b)",
  "if (a)",
  "else",
  "try {",
  "} catch (a) {",
  "switch (a) { case 1:",
  "label:",
  "do a; while (b)",
  "(a) => {",
  "async (a) => a",
  "({ a, b: 1 })",
  "{ a: 1 }",
  "using a = b",
  "await a",
  "var async = 1",
  "a as B",
  "a: number",
  "x!",
];
/** What code is made of, in pieces that may or may not fit together. */
export const tokens: readonly [string, ...string[]] = [
  "default:",
  ...words.split(" "),
  ...marks.split(" "),
  ...pieces,
  ...pieces,
];
