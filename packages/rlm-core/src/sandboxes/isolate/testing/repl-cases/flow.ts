import type { ReplCases } from "./repl-case.ts";

/** Loops, conditions, labels, and what reaches out of them. */
export const flow: ReplCases = {
  "let of a loop stays in the loop": [["for(let i=0;i<3;i++){}\ntypeof i", "undefined"]],
  "let and const of a block stay in the block": [
    ["{ let a = 1; const b = 2; var c = a + b }\n[typeof a, typeof b, c]", '["undefined", "undefined", 3]'],
  ],
  "var in blocks and loops": [
    ["if(true){var nested=4} for(var j=0;j<2;j++){}", ""],
    ["[nested,j]", "[4, 2]"],
  ],
  "var of for-of and for-in": [
    ["for(var xv of [1,2]){}\nfor (var key in { a: 1, b: 2 }) ;", ""],
    ["[xv, key]", '[2, "b"]'],
  ],
  "var of for await": [
    ["for await (var late of [Promise.resolve(1), 2]) ;", ""],
    ["late", "2"],
  ],
  "var in a branch that is not taken": [
    ["if (false) var no = 1\nno", ""],
    ["typeof no", "undefined"],
  ],
  "var as a loop's or a condition's whole body": [
    ["if (true) var w1 = 1; else var w2 = 2\nfor (const q of [5]) var w3 = q\ndo var w4 = 6; while (false)", ""],
    ["[w1,w2,w3,w4]", "[1, undefined, 5, 6]"],
  ],
  "var in try, switch, with and labels": [
    [
      "try { var t1 = 1; throw 0 } catch { var t2 = 2 } finally { var t3 = 3 }\nswitch (1) { case 1: var t4 = 4 }\nouter: while (true) { var t5 = 5; break outer }\nwith ({ a: 6 }) var t6 = a",
      "",
    ],
    ["[t1,t2,t3,t4,t5,t6]", "[1, 2, 3, 4, 5, 6]"],
  ],
  "var of a caught name is the caught one": [
    ["try { throw 1 } catch (e) { var e = 5; print(e) }\ntypeof e", "5\nundefined"],
  ],
  "several vars in a loop's head": [
    ["for (var a = 0, b = 3, c; a < b; a++) c = a", ""],
    ["[a, b, c]", "[3, 3, 2]"],
  ],
  "labelled loops": [
    [
      "const seen = []\nrows:\nfor (const i of [1,2,3]) {\n  for (const j of [1,2,3]) {\n    if (j === 2) continue rows\n    if (i === 3) break rows\n    seen.push([i, j])\n  }\n}\nseen",
      "[[1, 1], [2, 1]]",
    ],
  ],
  "a labelled block": [["found: { var hit = 1; if (hit) break found; hit = 2 }\nhit", "1"]],
  "break and continue where there is no loop": [
    ["break", /^SyntaxError: Unsyntactic break\n {4}at block-1\.js:1:1/],
    ["[1].forEach(() => { continue })", /^SyntaxError: Unsyntactic continue/],
  ],
  "return at the top": [
    ["const early=1; return early+1; const late=3", "2"],
    ["[early, typeof late]", '[1, "undefined"]'],
  ],
  "return from a loop, with a promise": [["for (const p of ['a', 'b']) return llm_query(p)", "re: a"]],
  "return of nothing": [["print('before'); return\nprint('never')", "before"]],
  "return in try with finally": [["try { return 'value' } finally { print('finally') }", "finally\nvalue"]],
  "throw and catch over functions": [
    [
      "function bad() { throw new RangeError('low') }\ntry { bad() } catch ({ name, message }) { print(name, message) }\ntypeof name",
      "RangeError low\nundefined",
    ],
  ],
  "comma, void, in, exponent and nullish operators": [
    ["let a = (1, 2), b = void 0, c = 'x' in { x: 1 }, d = 2 ** 3, e = b?.f ?? 'none'; a ||= 5; b ??= 6", "6"],
    ["[a, b, c, d, e]", '[2, 6, true, 8, "none"]'],
  ],
  "chains over lines": [["const r = [3, 1, 2]\n  .toSorted()\n  // a comment\n  .map((x) => x * 2)\nr", "[2, 4, 6]"]],
  "conditions over lines": [["const kind = 5 > 3\n  ? 'big'\n  : 'small'\nkind", "big"]],
  "a line that begins with a bracket goes on from the one before, as in all of JavaScript": [
    ["let z=[3]\nconst [q0]=[1]\nlet u=z\n;[u[0],q0]", "[3, 1]"],
    ["let x1 = 1\n[x1].length", /^TypeError: .*\n {4}at block-2\.js:2:6$/],
  ],
  "a line that begins with ++": [["let v = 5\n++v\nv", "6"]],
  "a line that begins with a template": [["let t = 1\n;`a${t}`", "a1"]],
  "a function between lines without semicolon": [["let a1=1\nfunction ff(){}\n;[2].forEach(x=>{a1=x})\na1", "2"]],
  "a class between lines without semicolon": [["let a1=1\nclass CC{}\n;[2].forEach(x=>{a1=x})\na1", "2"]],
  "return, then a line": [["return\n5", ""]],
  "empty statements": [
    [";;; let a = 1;;\n;", ""],
    ["a", "1"],
  ],
  "everything in one line": [
    [
      "let a=1;var b=2;const c=3;function d(){return 4}class E{static e=5}if(a){var f=6}for(var g of[7]);a+b+c+d()+E.e+f+g",
      "28",
    ],
  ],
};
