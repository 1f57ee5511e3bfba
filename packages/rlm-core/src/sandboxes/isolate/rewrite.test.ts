import { describe, expect, it } from "vitest";
import { maxCodeChars } from "./parse-code.ts";
import { rewrite } from "./rewrite.ts";
import { testMachine } from "./testing/test-machine.ts";

// Blocks of one session and what the last of them shows, or a part of its error.
const cases: Record<string, [...blocks: string[], shown: string | RegExp]> = {
  "const and let": ["const x=1; let y=2", "x+y", "3"],
  "a function and a class": ["function f(a){return a+1}\nclass A{m(){return f(1)}}", "new A().m()", "2"],
  "a declaration with await": ["const v = await Promise.resolve(5)", "v*2", "10"],
  "a declaration after await": ["let a=1; await null; let b=a+1", "b", "2"],
  "const declared again": ["const x=1", "const x=2; x", "2"],
  "let declared again as a function": ["let h=1", "function h(){return 7}\nh()", "7"],
  "a function declared again as const": ["function h(){return 7}", "const h=()=>8; h()", "8"],
  "a class declared again": ["class C{v(){return 1}}", "class C{v(){return 2}}\nnew C().v()", "2"],
  "destructuring with defaults and rest": [
    "const {a,b:[c,...d],e=9,...r}={a:1,b:[2,3,4],z:5}; let [p=3]=[]",
    "[a,c,d,e,r,p]",
    "[1, 2, [3, 4], 9, { z: 5 }, 3]",
  ],
  "the last expression's value": ['1;\n"abc".length', "3"],
  "an object literal as the last expression": ["({a:1})", "{ a: 1 }"],
  "no value of a declaration": ["const q=1", ""],
  "a closure over a later value": ["let n=0; const inc=()=>++n", "inc(); inc(); n", "2"],
  "a closure over a name declared again": ["const k=1; const getk=()=>k", "const k=2; getk()", "2"],
  "variables from before an error": [
    "const before=1;\nnull.foo;\nconst after=2",
    "[before, typeof after]",
    '[1, "undefined"]',
  ],
  "const declared again after an error": [
    'const before=1; throw new Error("x"); const after=2',
    "const after=3; after",
    "3",
  ],
  "a function called before it is declared": ["const r=g(2);\nfunction g(a){return a*2}\nr", "4"],
  "a function assigned in its own block": ["function w(){return 1}\nw=()=>2;\nw()", "w()", "2"],
  "recursion by a name declared again": [
    "function rec(n){return n?rec(n-1)+1:0}",
    "const old=rec; function rec(n){return 100}\nold(1)",
    "100",
  ],
  "for await": ["async function* gen(){yield 1;yield 2}\nlet s=0; for await (const v of gen()) s+=v;", "s", "3"],
  "let of a loop stays in the loop": ["for(let i=0;i<3;i++){}", "typeof i", "undefined"],
  "var in blocks and loops": ["if(true){var nested=4} for(var j=0;j<2;j++){}", "[nested,j]", "[4, 2]"],
  "var of for-of": ["for(var xv of [1,2]){}", "xv", "2"],
  "var as a loop's or a condition's whole body": [
    "if (true) var w1 = 1; else var w2 = 2\nfor (const q of [5]) var w3 = q",
    "[w1,w2,w3]",
    "[1, undefined, 5]",
  ],
  "var in try, switch and labels": [
    "try { var t1 = 1; throw 0 } catch { var t2 = 2 } finally { var t3 = 3 }\nswitch (1) { case 1: var t4 = 4 }\nouter: while (true) { var t5 = 5; break outer }",
    "[t1,t2,t3,t4,t5]",
    "[1, 2, 3, 4, 5]",
  ],
  "a function in a block": ["{ function inner(){return 3} }", "inner()", "3"],
  "a global without declaration": ["total=5", "total", "5"],
  "const after a line without semicolon": ["let z=[3]\nconst [q0]=[1]\nlet u=z\n;[u[0],q0]", "[3, 1]"],
  "a function between lines without semicolon": ["let a1=1\nfunction ff(){}\n;[2].forEach(x=>{a1=x})\na1", "2"],
  "names of builtins": ['const name="n", status=2, Map2=Map; let Set=5', "[name,status,Set]", '["n", 2, 5]'],
  "strict code": ['"use strict"; const sv=1; let sw=sv+1\nfunction me(){return this}', "[sw, me()]", "[2, undefined]"],
  "the name of an arrow function": ["const named=()=>0", "named.name", "named"],
  "declarations of several names": ["let m1, m2=2, m3", "[m1===undefined,m2,m3===undefined]", "[true, 2, true]"],
  "a declaration by its former self": ["const s1=[1]", "const s1=[...s1,2]; s1", "[1, 2]"],
  "async functions and Promise.all": [
    "const ask=async i=>i*2; const rs=await Promise.all([1,2,3].map(ask))",
    "rs",
    "[2, 4, 6]",
  ],
  "keywords in a template and a regex": [
    "const t1=`const x=${1+1}; function`, re1=/const (\\w+)/",
    "re1.exec(t1)[1]",
    "x",
  ],
  "return at the top": ["const early=1; return early+1; const late=3", "2"],
  "a comment after the last expression": ["const c1=1\nc1 // trailing comment", "1"],
  "a comment before the last expression": ["const c2=1 // one\n// two\nc2", "1"],
  "an expression after a condition": ["let e1 = 1\nif (e1) e1 = 2\ne1", "2"],
  "an expression after a do loop": ["let e2 = 0; do e2++; while (e2 < 3) e2", "3"],
  "a block of nothing": ["", ""],
  "a block of comments": ["// nothing\n/* here */", ""],
  "CRLF line ends": ["const l1 = 1\r\nconst l2 = 2\r\nl1 + l2", "3"],
  "a hashbang": ["#!/usr/bin/env node\nconst hb = 1\nhb", "1"],
  TypeScript: [
    "interface Row { id: number }\nconst rows: Row[] = [{ id: 4 }]\nconst first = rows[0]!.id as number",
    "first",
    "4",
  ],
  "TypeScript with await and return": ["const n: number = await Promise.resolve(3)\nreturn n satisfies number", "3"],
  "a syntax error": [
    "const a = 1\nconst = 5",
    /^SyntaxError: Unexpected token\n    at block-1\.js:2:7\nconst = 5\n {6}\^$/,
  ],
  "let twice in one block": ["let d1=1; let d1=2", /already been declared/],
  "line and column in a function": [
    'const a=1;\nfunction bad(){\n  throw new Error("E")\n}\nbad()',
    /^Error: E\n    at bad \(block-1\.js:3:9\)\n    at block-1\.js:5:1$/,
  ],
  "line of an error after a declaration in the line": ["const aa=1; null.foo", /at block-1\.js:1:\d+$/],
  "column of the only expression": ["null.foo", /block-1\.js:1:6/],
  "line and column of a name that is not there": ["let z0 = 1\n// one\n\nmissing(z0)", /at block-1\.js:4:1$/],
  "line and column of a name that is not there in the only expression": ["// one\nmissing", /at block-1\.js:2:1$/],
  "line of an error in a later block": ["1", "\n\nnull.foo", /block-2\.js:3:6/],
  "import of a package": ['import fs from "fs"', /^SyntaxError: import and export do not exist in this REPL/],
  "import of a package while it runs": [
    'const fs = await import("fs")',
    /^SyntaxError: import and export do not exist/,
  ],
  "await in a plain function": ["function f(){ await 1 }", /^SyntaxError: .*await/],
  "deep nesting": ["[".repeat(100_000), /^SyntaxError: the code is nested too deeply/],
  "deep nesting below the bound": [`${"[".repeat(200)}1${"]".repeat(200)}.flat(Infinity)[0]`, "1"],
  "deep nesting that a hot parser could follow, but a cold one in a replay not": [
    `f = ${"() => ".repeat(400)}1`,
    /^SyntaxError: the code is nested too deeply; use fewer brackets/,
  ],
  "a thousand operators in a row": [`1${" + 1".repeat(1_000)}`, "1001"],
  "many operators in a row": [`1${" + 1".repeat(2_000)}`, /^SyntaxError: the code is nested too deeply/],
  "import in TypeScript": ['const fs: unknown = await import("fs")', /^SyntaxError: import and export do not exist/],
  "a new variable when the global object takes none": [
    "Object.preventExtensions(globalThis)",
    "let late = 1",
    /^TypeError: the global object was frozen, so that no variable can be declared any more/,
  ],
  "too long a block": [
    `/*${" ".repeat(maxCodeChars)}*/`,
    /^SyntaxError: the block has 262,148 characters, at most 262,144 are allowed/,
  ],
};

describe("rewrite()", () => {
  for (const [name, blocks] of Object.entries(cases)) {
    const shown = blocks.at(-1);
    it(`keeps ${name}`, () => {
      const { run } = testMachine();
      const [last] = blocks
        .slice(0, -1)
        .map((block) => run(block as string))
        .slice(-1);
      if (shown instanceof RegExp) expect(last?.error?.message).toMatch(shown);
      else expect([last?.error, last?.output.text]).toEqual([undefined, shown === "" ? "" : `${shown}\n`]);
    });
  }

  it("refuses every form of declaring a reserved name", () => {
    const reserved = new Set(["print"]);
    const forms = [
      "let print",
      "var print = 1",
      "const { a: [print] } = x",
      "function print() {}",
      "class print {}",
      "if (1) { var print }",
      "for (var print of []) {}",
      "for (var print = 0;;) {}",
    ];
    for (const form of forms) expect(() => rewrite(form, "block-1.js", reserved)).toThrow(/"print" is reserved/);
  });

  it("leaves reserved names alone where they are local", () => {
    const local = "const f = (print) => print\nfor (const print of [1]) f(print)\n{ let print = 2 }";
    expect(rewrite(local, "block-1.js", new Set(["print"])).declared).toEqual(["f"]);
  });
});
