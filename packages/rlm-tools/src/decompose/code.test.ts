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
])("code() finds the declarations of %s, by its ending and by its looks", (file, text, expected, members) => {
  for (const options of [{ file }, {}]) {
    const pieces = code(text, options);
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    for (const piece of pieces) expect(text.slice(piece.start, piece.end)).toBe(piece.text);
    expect(pieces.map(({ kind, name }) => `${kind} ${name}`)).toEqual(expected);
    expect(pieces.flatMap((piece) => piece.members.map(({ name }) => name))).toEqual(members);
  }
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
