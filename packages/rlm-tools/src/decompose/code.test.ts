import { expect, it, vi } from "vitest";
import { code } from "./code.ts";

it.each([
  [
    "a.ts",
    "import a from 'a';\n\n// Adds.\nexport function add(a: number) { return a; }\nexport class Sum { of() {} }\nconst twice = (a) => a;\ninterface Shape { a: 1 }\nlet x = 1;\n",
    ["other ", "function add", "class Sum", "function twice", "interface Shape", "other "],
    ["of"],
  ],
  [
    "a.py",
    "import a\n\n@dec\ndef add(x):\n  return 1\n\nclass Sum:\n  def of(self): pass\n",
    ["other ", "function add", "class Sum"],
    ["of"],
  ],
  [
    "a.java",
    "package a;\n/** A sum. */\npublic class Sum { int x; int of() { return 1; } }\n",
    ["other ", "class Sum"],
    ["of"],
  ],
  [
    "a.cpp",
    "#include <a>\nstd::string *add(int x) { return 0; }\nstruct S { int x; };\nvoid Sum::of() {}\n",
    ["other ", "function add", "struct S", "function Sum::of"],
    [],
  ],
  [
    "a.go",
    "package a\n\nfunc (s *Sum) Of() {}\nfunc add() {}\ntype Sum struct { x int }\n",
    ["other ", "method Of", "function add", "type Sum"],
    [],
  ],
  [
    "a.rs",
    "use a;\npub fn add(x: i32) -> i32 { 1 }\nimpl Shape for Sum { fn of(&self) {} }\n",
    ["other ", "function add", "impl Shape for Sum"],
    ["of"],
  ],
  [
    "a.php",
    "<?php\nfunction add($x) { return 1; }\nclass Sum { function of() {} }\n",
    ["other ", "function add", "class Sum"],
    ["of"],
  ],
  [
    "a.js",
    `const a = require("a");
// Runs.
module.exports = function run(b) { return b; };
exports.g = () => 1;
module.exports.h = async function () {};
exports = module.exports = class Shape extends Base { area() {} };
module.exports = (c) => c;
Sum.prototype.add = function (d) {};
const Twice = class { of() {} };
class Sum {
  state = 1;
  x = () => this.state;
  #y = async (e) => e;
  static z = function () {};
}
module.exports = { a };
`,
    [
      "other ",
      "function run",
      "function g",
      "function h",
      "class Shape",
      "function module.exports",
      "function Sum.prototype.add",
      "class Twice",
      "class Sum",
      "other ",
    ],
    ["area", "of", "x", "#y", "z"],
  ],
  [
    "a.mjs",
    "import a from 'a';\nexport default function (b) { return a; }\nexport const c = (d) => d;\nclass D { of() {} }\n",
    ["other ", "function default", "function c", "class D"],
    ["of"],
  ],
  [
    "a.c",
    `#include <stdio.h>
#define MAX(a, b) ((a) > (b) ? (a) : (b))
/* Adds. */
static inline int add(int a, int b) { return a + b; }
struct point { int x, y; };
typedef struct { int a; } pair_t;
typedef struct node { struct node *next; } node_t;
typedef enum { A, B } letter;
enum color { RED, GREEN };
union u { int a; };
typedef int (*handler)(int);
char **names(void) { return 0; }
struct point make(int x) { struct point p; return p; }
int declared(int a);
`,
    [
      "other ",
      "function add",
      "struct point",
      "struct pair_t",
      "struct node_t",
      "enum letter",
      "enum color",
      "struct u",
      "type handler",
      "function names",
      "function make",
      "other ",
    ],
    [],
  ],
])("code() finds the declarations of %s, by its ending and by its looks", (file, text, expected, members) => {
  for (const options of [{ file }, {}]) {
    const pieces = code(text, options);
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    for (const piece of pieces) expect(text.slice(piece.start, piece.end)).toBe(piece.text);
    expect(pieces.map(({ kind, name }) => `${kind} ${name}`)).toEqual(expected);
    expect(pieces.flatMap((piece) => piece.members.map(({ name }) => name))).toEqual(members);
  }
});

it.each([
  ["export default (a) => a;", "function default"],
  ["export default async function () {}", "function default"],
  ["export default class A extends B { of() {} }", "class A"],
  ["export default function f(a) {}", "function f"],
])("code() names what %j exports", (text, expected) => {
  expect(code(text, { file: "a.mjs" }).map(({ kind, name }) => `${kind} ${name}`)).toEqual([expected]);
});

it("code() tells functions in the fields of a class from its other fields, as its methods", () => {
  const [piece] = code("class A { x = () => 1; y = 2; z() {} }", { file: "a.js" });
  expect(piece?.members.map(({ kind, name, start, end }) => [kind, name, start, end])).toEqual([
    ["method", "x", 10, 22],
    ["method", "z", 30, 36],
  ]);
  const chain = `${"a = ".repeat(1_000)}function () {}`;
  expect(code(chain, { file: "a.js" }).map(({ kind, name }) => `${kind} ${name}`)).toEqual(["function a"]);
});

it("code() reads one long line no more often than a short one", () => {
  const [short, long] = [1_000, 2_000].map((length) => {
    const text = "a=1;".repeat(length);
    let read = 0;
    const { slice, lastIndexOf } = String.prototype;
    const spies = [
      vi.spyOn(String.prototype, "slice").mockImplementation(function (this: string, ...range) {
        const part = slice.apply(this, range);
        read += part.length;
        return part;
      }),
      vi.spyOn(String.prototype, "lastIndexOf").mockImplementation(function (this: string, sought, from = Infinity) {
        const at = lastIndexOf.call(this, sought, from);
        read += Math.min(from, this.length) - at;
        return at;
      }),
    ];
    try {
      expect(code(text, { language: "javascript" })).toHaveLength(1);
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    return read / text.length;
  });
  expect(long).toBeLessThan(1.5 * (short ?? 0));
});

it("code() says which languages it reads", () => {
  expect(() => code("x", { language: "cobol" })).toThrow(/cannot read the language "cobol", expected php, cpp, go/);
  expect(() => code("x", { file: "a.zip" })).toThrow(/cannot read files that end in .zip: give \{ language \}/);
  expect(() => code("plain words")).toThrow(/cannot tell the language of this text/);
});
