import type { ReplCases } from "./repl-case.ts";

/** What a block shows: the value of its last expression, and what it printed. */
export const values: ReplCases = {
  "the last expression's value": [['1;\n"abc".length', "3"]],
  "with a semicolon, spaces and comments behind": [["1 + 1  ;  // two\n/* end */", "2"]],
  "a comment after the last expression": [["const c1=1\nc1 // trailing comment", "1"]],
  "a comment before the last expression": [["const c2=1 // one\n// two\nc2", "1"]],
  "an expression after a condition": [["let e1 = 1\nif (e1) e1 = 2\ne1", "2"]],
  "an expression after a do loop": [["let e2 = 0; do e2++; while (e2 < 3) e2", "3"]],
  "an object literal in parentheses": [["({a:1})", "{ a: 1 }"]],
  "an object literal without parentheses": [
    ["{ a: 1 }", "{ a: 1 }"],
    ["// the answer\n{ a: 1, 'b c': [2], }", '{ a: 1, "b c": [2] }'],
    ["const t = 3, u = 4\n{ t, u }", "{ t: 3, u: 4 }"],
    ["{}", "{}"],
  ],
  "a block is no object": [
    ["{ let a = 1; print(a) }", "1"],
    ["{ print(2) }", "2"],
    ["{ if (true) { print(3) } }", "3"],
    ["let i = 0; { while (i < 1) { i++ } }\ni", "1"],
    ["{ for (const x of [4]) { print(x) } }", "4"],
    ["{ a: for (;;) break a }", ""],
  ],
  "nothing of a declaration": [
    ["const q=1", ""],
    ["function f() {}", ""],
    ["class K {}", ""],
    ["let r", ""],
  ],
  "an assignment": [
    ["x = 5", "5"],
    ["x += 1", "6"],
    ["[x, y] = [1, 2]", "[1, 2]"],
  ],
  "nothing of a loop or a condition": [
    ["for (const a of [1]) a", ""],
    ["if (true) 5", ""],
    ["switch (1) { case 1: 6 }", ""],
  ],
  "undefined and an empty text show nothing": [
    ["undefined", ""],
    ['""', ""],
    ["void 0", ""],
    ["[].at(0)", ""],
  ],
  "null, false, zero and NaN": [
    ["null", "null"],
    ["false", "false"],
    ["0", "0"],
    ["-0", "-0"],
    ["0 / 0", "NaN"],
  ],
  "a text is shown as it is": [
    ['"just text"', "just text"],
    ["'a'; 'b'", "b"],
    ["`line\nline`", "line\nline"],
  ],
  "a comma expression and a conditional": [
    ["1, 2, 3", "3"],
    ["true ? 'yes' : 'no'", "yes"],
  ],
  "a template with code": [
    ["const n = 2", ""],
    ["`${n} ${[1, 2].map((x) => `<${x}>`).join('')}`", "2 <1><2>"],
  ],
  "bigint, symbol, date, regex": [
    ["10n ** 20n", "100000000000000000000n"],
    ["Symbol('s')", "Symbol(s)"],
    ["new Date(0)", "1970-01-01T00:00:00.000Z"],
    ["/a[/]b/gi", "/a[/]b/gi"],
  ],
  "Map, Set, typed array, nested": [
    ["new Map([['k', { v: [1] }]])", 'Map(1) { "k" => { v: [1] } }'],
    ["new Set([1, 'a'])", 'Set(2) { 1, "a" }'],
    ["new Uint8Array([1, 2])", "Uint8Array(2) [1, 2]"],
  ],
  "functions and classes": [
    ["const f = () => 1, K = class {}; [f, K, Math.max]", "[[function f], [class K], [function max]]"],
  ],
  "an object that holds itself": [["const o = { a: 1 }; o.o = o; o", "{ a: 1, o: [circular] }"]],
  "printed text comes before the value": [["print(1); console.log('two', [3]); 4", "1\ntwo [3]\n4"]],
  "print as the last expression shows no value": [
    ["print('x')", "x"],
    ["console.error('y')", "y"],
  ],
  "the value of an awaited expression": [["await Promise.resolve([1])", "[1]"]],
  "a promise as the last expression is awaited": [
    ["llm_query('a')", "re: a"],
    ["Promise.all([llm_query('a'), 2])", '["re: a", 2]'],
    ["(async () => 7)()", "7"],
  ],
  "a block of nothing": [
    ["", ""],
    [" \n\t\n", ""],
    ["// nothing\n/* here */", ""],
    [";", ""],
  ],
  "the value before is in no hidden variable": [
    ["5", "5"],
    ["typeof _", "undefined"],
  ],
  "an array over many": [["Array.from({ length: 200 }, (_, i) => i).length", "200"]],
};
