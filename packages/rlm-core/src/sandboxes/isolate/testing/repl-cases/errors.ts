import type { ReplCases } from "./repl-case.ts";

const missing = (line: number, column: number): RegExp =>
  new RegExp(`^ReferenceError: missing is not defined\\n {4}at block-1\\.js:${line}:${column}$`);

/** What stays of a block that ends in an error, and where the error says it was: the model's own lines. */
export const errors: ReplCases = {
  "variables from before an error stay": [
    ["const before=1;\nnull.foo;\nconst after=2", /^TypeError: .*\n {4}at block-1\.js:2:6$/],
    ["[before, typeof after]", '[1, "undefined"]'],
  ],
  "what was printed before an error": [["print('seen'); throw new Error('x')", { shown: "seen", error: /^Error: x/ }]],
  "an error between the names of one declaration": [
    ["const a = 1, b = null.x, c = 3", /^TypeError/],
    ["[a, typeof b, typeof c]", '[1, "undefined", "undefined"]'],
  ],
  "an error within a destructuring": [
    ["const { a, b: { c }, d } = { a: 1, d: 2 }", /^TypeError/],
    ["[a, typeof c, typeof d]", '[1, "undefined", "undefined"]'],
  ],
  "an error in a loop": [
    ["let n = 0; for (const x of [1, null]) { n = x.toFixed() }", /^TypeError/],
    ["n", "1"],
  ],
  "an error after an await": [
    ["let a = await llm_query('a'); await llm_query('fail'); a = 2", /^Error: failed/],
    ["a", "re: a"],
  ],
  "a syntax error: nothing of its block is run": [
    [
      "let a = 1; print(a)\nfunction f() {}\nconst = 5",
      /^SyntaxError: Unexpected token\n {4}at block-1\.js:3:7\nconst = 5\n {6}\^$/,
    ],
    ["[typeof a, typeof f]", '["undefined", "undefined"]'],
  ],
  "an error that only the engine sees: nothing of its block is run": [
    ["let a = 1\nfunction f() {}\nfor (var i = 0 in {}) ;", /^SyntaxError: .*\n {4}at block-1\.js:3:\d+$/],
    ["[typeof a, typeof f]", '["undefined", "undefined"]'],
  ],
  "brackets that are not closed": [
    [
      "const f = () => {\n  return [1, 2\n",
      /^SyntaxError: Unexpected end of the code: a bracket, a quote or a comment is not closed/,
    ],
    ["f(", /^SyntaxError: Unexpected end/],
  ],
  "quotes that are not closed": [
    ["const s = 'abc\n1", /^SyntaxError: Unterminated string constant\n {4}at block-1\.js:1:11/],
    ["`abc", /^SyntaxError: Unterminated template/],
    ["/* abc", /^SyntaxError: Unterminated comment/],
  ],
  "a bracket too much": [["let a = 1\n}", /^SyntaxError: Unexpected token\n {4}at block-1\.js:2:1\n}\n\^$/]],
  "a bad regex": [
    ["/(/", /^SyntaxError: Invalid regular expression/],
    ["new RegExp('(')", /^SyntaxError: Invalid regular expression[\s\S]*at block-2\.js:1:1$/],
  ],
  "line and column in a function": [
    [
      'const a=1;\nfunction bad(){\n  throw new Error("E")\n}\nbad()',
      /^Error: E\n {4}at bad \(block-1\.js:3:9\)\n {4}at block-1\.js:5:1$/,
    ],
  ],
  "in a function of another block": [
    ["\nfunction bad() {\n  null.x\n}", ""],
    ["1\nbad()", /^TypeError: .*\n {4}at bad \(block-1\.js:3:8\)\n {4}at block-2\.js:2:1$/],
  ],
  "in a function in a block, a method, an arrow, a getter and a constructor": [
    [
      "{\n  function inner() { null.a }\n}\nclass K {\n  constructor() { this.m() }\n  m() { [1].map(() => this.g) }\n  get g() { return inner() }\n}\nnew K()",
      /^TypeError: .*\n {4}at inner \(block-1\.js:2:\d+\)\n {4}at get g \(block-1\.js:7:20\)\n {4}at block-1\.js:6:28\n {4}at K\.m \(block-1\.js:6:13\)\n {4}at new K \(block-1\.js:5:24\)\n {4}at block-1\.js:9:1$/,
    ],
  ],
  "in async functions, over blocks": [
    [
      "async function deep() {\n  await null;\n  throw new Error('x')\n}\nasync function mid() {\n  await deep()\n}",
      "",
    ],
    [
      "1\n\nawait mid()",
      /^Error: x\n {4}at deep \(block-1\.js:3:9\)\n {4}at async mid \(block-1\.js:6:3\)\n {4}at async block-2\.js:3:1$/,
    ],
  ],
  "in an async generator and after a call": [
    [
      "async function* g() {\n  yield await llm_query('a')\n  await llm_query('fail')\n}\nfor await (const x of g()) print(x)",
      { shown: "re: a", error: /^Error: failed\n {4}at g \(block-1\.js:3:9\)/ },
    ],
  ],
  "in a line of declarations": [
    ["const aa=1; null.foo", /at block-1\.js:1:\d+$/],
    ["let a = 1; let b = 2; null.foo", /at block-2\.js:1:\d+$/],
  ],
  "in the value of a declaration": [
    ["const a = null.foo", /at block-1\.js:1:16$/],
    ["let b = null.foo", /at block-2\.js:1:14$/],
    ["var c = null.foo", /at block-3\.js:1:14$/],
  ],
  "of the only expression": [["null.foo", /^TypeError: .*\n {4}at block-1\.js:1:6$/]],
  "of a value over lines": [
    ["const rows = [\n  1,\n  null.foo,\n]", /at block-1\.js:3:8$/],
    ["f(\n  1,\n  null.foo)\nfunction f() {}", /at block-2\.js:3:8$/],
    ["const t = `\n${null.foo}`", /at block-3\.js:2:8$/],
  ],
  "a name that is not there, as a value": [["const r = missing(1)", missing(1, 11)]],
  "a name that is not there, as a let's value": [["let r = missing(1)", missing(1, 9)]],
  "a name that is not there, after a pattern over lines": [["const {\n  a\n} = missing", missing(3, 7)]],
  "a name that is not there, in a line below its declaration": [["let a = 1,\n  b =\n    missing", missing(3, 5)]],
  "a name that is not there, as a statement": [["let z0 = 1\n// one\n\nmissing(z0)", missing(4, 1)]],
  "a name that is not there, as the only expression": [["// one\nmissing", missing(2, 1)]],
  "a name that is not there, in an argument": [["print(\n  missing)", missing(2, 3)]],
  "the line after CRLF, a template and a comment over lines": [
    ["const t = `\r\n\r\n`\r\n/*\r\n*/ null.foo", /at block-1\.js:5:9$/],
  ],
  "the line in strict code": [
    ["'use strict'\nfunction f() { null.foo }\nf()", /at f \(block-1\.js:2:21\)\n {4}at block-1\.js:3:1$/],
    ["'use strict'; function f() { null.foo }\nf()", /at f \(block-2\.js:1:35\)/],
  ],
  "a cause": [
    [
      "try { null.a } catch (cause) {\n  throw new Error('high', { cause })\n}",
      /^Error: high\n {4}at block-1\.js:2:9\nCaused by: TypeError: .*\n {4}at block-1\.js:1:12$/,
    ],
  ],
  "what is no error": [
    ["throw 'text'", "text"],
    ["throw { code: 5 }", "{ code: 5 }"],
    ["throw null", "null"],
    ["throw undefined", "undefined"],
  ].map(([code, thrown]) => [code as string, new RegExp(`^Thrown: ${thrown}$`)] as const),
  "an endless recursion": [
    [
      "function f() { return f() + 1 }\nf()",
      /^RangeError: Maximum call stack size exceeded\n {4}at f \(block-1\.js:1:\d+\)/,
    ],
    ["1", "1"],
  ],
  "an error's own stack has the model's lines alone": [
    ["const e = new Error('kept')", ""],
    ["e.stack.includes('block-1.js:1:11')", "true"],
  ],
  "require and process are not there": [
    ["const fs = require('fs')", /^ReferenceError: require is not defined\n {4}at block-1\.js:1:12$/],
    ["process.exit()", /^ReferenceError: process is not defined/],
    ["setTimeout(() => {}, 1)", /^ReferenceError: setTimeout is not defined/],
  ],
  "import and export": [
    [
      'let a = 1\nimport fs from "fs"',
      /^SyntaxError: import and export do not exist in this REPL; there are no packages and no files\n {4}at block-1\.js:2:1\n/,
    ],
    ["export const x = 1", /^SyntaxError: import and export do not exist/],
    ["export default function () {}", /^SyntaxError: import and export do not exist/],
    [
      "let b = 1\nconst fs = await import('fs')",
      /^SyntaxError: import and export do not exist.*\n {4}at block-5\.js:2:18\n/,
    ],
    ["import.meta.url", /^SyntaxError: Cannot use 'import.meta' outside a module/],
  ].map(
    ([code, error], index) =>
      [code, index === 3 ? /^SyntaxError: import and export do not exist.*\n {4}at block-4\.js:2:18\n/ : error] as [
        string,
        RegExp,
      ],
  ),
  "text as code": [
    ["eval('1')", /^EvalError: Text cannot be run as code in this REPL/],
    ["new Function('return 1')", /^EvalError: Text cannot be run as code/],
  ],
};
