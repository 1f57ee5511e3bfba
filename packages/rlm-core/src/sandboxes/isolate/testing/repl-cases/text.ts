import { maxCodeChars } from "../../parse-code.ts";
import type { ReplCases } from "./repl-case.ts";

/** Text that looks like code, and the letters that code is written in. */
export const text: ReplCases = {
  "keywords in a template and a regex": [
    ["const t1=`const x=${1+1}; function`, re1=/const (\\w+)/", ""],
    ["re1.exec(t1)[1]", "x"],
  ],
  "declarations in texts, comments and regexes": [
    [
      "const s = \"let a = 1; function b() {} class C {}\" // let d = 1\n/* let e = 1\nvar f */ const re = /let g = [/`\"']/, w = 'var h'",
      "",
    ],
    [
      "[s.length, re.source.length, typeof a, typeof b, typeof C, typeof d, typeof e, typeof f, typeof g, typeof h].join()",
      "37,14,undefined,undefined,undefined,undefined,undefined,undefined,undefined,undefined",
    ],
  ],
  "templates in templates": [
    [
      "const inner = 1, t = `${(() => { const inner = `let ${2}`; return inner })()} var z = ${`${inner}`}`\nt",
      "let 2 var z = 1",
    ],
    ["typeof z", "undefined"],
  ],
  "a tagged template with an odd escape": [
    ["const raw = (s) => s.raw[0] + s[0]\nraw`\\unicode`", "\\unicodeundefined"],
  ],
  "a regex or a division": [
    [
      "const a = 8, b = 2, g = 1\nconst r = [a / b / g, 'a/b'.replace(/\\//g, '|'), /}/.test('}')]\nr",
      '[4, "a|b", true]',
    ],
  ],
  "a comment behind a declaration without semicolon": [
    ["const a = 1 // const b = 2\nconst c = a /* ; */ + 1 // )\nc", "2"],
  ],
  "HTML comments, as in any script": [["<!-- html comment\nlet h = 1\n--> also\nh", "1"]],
  "a hashbang": [["#!/usr/bin/env node\nconst hb = 1\nhb", "1"]],
  "a directive": [
    ['"use strict"; const sv=1; let sw=sv+1\nfunction me(){return this}', ""],
    ["[sw, me()]", "[2, undefined]"],
    ["'use strict'\nundeclared = 1", /^ReferenceError: undeclared is not defined/],
    ["undeclared = 1", "1"],
  ],
  "CRLF line ends": [
    ["const l1 = 1\r\nconst l2 = `a\r\nb`\r\n// end\r\nl1 + l2.length", "4"],
    ["\r\n\r\nnull.x", /at block-2\.js:3:6$/],
  ],
  "CR alone, LS and PS as line ends": [
    ["let a = 1\rlet b = 2\u2028let c = 3\u2029[a, b, c].length", /^TypeError: .*block-1\.js:4:11$/s],
    ["let a = 1\rlet b = 2\u2028let c = 3\u2029;[a, b, c]", "[1, 2, 3]"],
    ["1\u20282\u2029null.x", /at block-3\.js:3:6$/],
  ],
  "LS and PS in texts": [
    ["const s = '\u2028', t = `\u2029`\n;[s.length, t.length]", "[1, 1]"],
    ["s.charCodeAt(0) + t.charCodeAt(0)", "16465"],
  ],
  "a byte order mark and odd spaces": [
    ["\ufefflet\u00a0a\u3000=\t1\v;\fa", "1"],
    ["\ufeffa", "1"],
  ],
  "names in every script, and with escapes": [
    ["const ö = 1, 변수 = 2, 𝒳 = 3, \\u0061bc = 4, d\\u{65}f = 5, $ = 6, _ = 7, ª = 8, x\u200c = 9", ""],
    ["[ö, 변수, 𝒳, abc, def, $, _, ª, x\u200c]", "[1, 2, 3, 4, 5, 6, 7, 8, 9]"],
    ["{ function 함수() { return 'f' } }\nclass Ünit {}\n[함수(), Ünit.name]", '["f", "Ünit"]'],
  ],
  "surrogates and emoji in texts": [
    [
      "const e = '👩‍👩‍👧', half = '\ud83d'\n;[e.length, [...e].length, half.length, half.isWellFormed()]",
      "[8, 5, 1, false]",
    ],
  ],
  "columns behind letters of two units": [["'🌏🌏'; null.x", /at block-1\.js:1:\d+$/]],
  "numbers in all forms": [
    ["[0x1f, 0b11, 0o17, 1_000, .5, 5., 1e3, 017, 0xFFn]", "[31, 3, 15, 1000, 0.5, 5, 1000, 15, 255n]"],
  ],
  "the name that the rewrite would use": [
    ["let $block = 1, $block0 = 2; { function f() { return $block } }\nusing u = null\n;[f(), $block0]", "[1, 2]"],
  ],
  "deep nesting": [
    ["[".repeat(100_000), /^SyntaxError: the code is nested too deeply/],
    [`${"[".repeat(200)}1${"]".repeat(200)}.flat(Infinity)[0]`, "1"],
  ],
  "nesting that a hot parser could follow, but a cold one in a replay not": [
    [`f = ${"() => ".repeat(400)}1`, /^SyntaxError: the code is nested too deeply; use fewer brackets/],
  ],
  "operators in a row": [
    [`1${" + 1".repeat(1_000)}`, "1001"],
    [`1${" + 1".repeat(2_000)}`, /^SyntaxError: the code is nested too deeply/],
  ],
  "a block of a million characters": [
    [
      `const rows = [\n${`  { id: 1, name: "const a = 1" },\n`.repeat(28_000)}]\nfunction count() { return rows.length }\ncount()`,
      "28000",
    ],
    [`const long = \`${"let x = 1\n".repeat(100_000)}\`\nlong.length`, "1000000"],
    [`${"\n".repeat(1_000_000)}null.x`, /at block-3\.js:1000001:6$/],
  ],
  "a block of many declarations": [
    [Array.from({ length: 20_000 }, (_, i) => `let v${i} = ${i}`).join("\n"), ""],
    ["v0 + v19999", "19999"],
  ],
  "too long a block": [
    [
      `/*${" ".repeat(maxCodeChars)}*/`,
      /^SyntaxError: the block has 1,048,580 characters, at most 1,048,576 are allowed/,
    ],
  ],
};
