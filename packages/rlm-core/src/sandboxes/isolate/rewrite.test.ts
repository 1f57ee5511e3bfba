import { describe, expect, it } from "vitest";
import { rewrite } from "./rewrite.ts";

const none = new Set<string>();

// What the rewritten blocks do is in repl-matrix.test.ts.
describe("rewrite()", () => {
  it("keeps every line break, and the columns of statements, values and functions", () => {
    const code =
      "const a = one\r\nlet b = two\n\nfunction f() {\r  three\u2028}\nclass C { four }\n{ var d = five }\nsix";
    const { main, functions, mainColumnOffset, functionsColumnOffset } = rewrite(code, "block-1.js", none);
    for (const [text, words, offset] of [
      [main, ["one", "two", "five", "six"], mainColumnOffset],
      [functions, ["three"], functionsColumnOffset],
    ] as const) {
      expect(`${code}\n`.replace(/[^\n\r\u2028]/g, "")).toContain(text.trimEnd().replace(/[^\n\r\u2028]/g, ""));
      for (const word of words) expect([word, place(text, word, offset)]).toEqual([word, place(code, word, 0)]);
    }
  });

  it("lists the names that a block declares, wherever they are declared", () => {
    const code =
      "const { a: [b] } = c; let d; var e = f\nfunction g(h) { var i }\nclass J {}\nif (k) { var l; let m; function n() {} class O {} async function p() {} }\nfor (var q of r) for (let s in t) ;\nusing u = v";
    expect(rewrite(code, "block-1.js", none).declared.toSorted()).toEqual("Jbdeglnqu".split(""));
  });

  it("has no script of functions if there are none", () => {
    expect(rewrite("const a = () => 1", "block-1.js", none).functions).toBe("");
  });

  it("refuses every form of declaring a reserved name, and says where", () => {
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
      "using print = x",
    ];
    for (const form of forms)
      expect(() => rewrite(`\n${form}`, "block-1.js", reserved)).toThrow(
        `"print" is reserved by the REPL and cannot be declared: choose another name\n    at block-1.js:2:${form.indexOf("print") + 1}\n`,
      );
  });

  it("leaves reserved names alone where they are local", () => {
    const local =
      "const f = (print) => print\nfor (const print of [1]) f(print)\n{ let print = 2 }\n{ function print() {} }";
    expect(rewrite(local, "block-1.js", new Set(["print"])).declared).toEqual(["f"]);
  });

  it("takes a block of very many names and scopes", () => {
    const code = Array.from({ length: 20_000 }, (_, at) => `let v${at}; { function f${at}() {} }`).join("\n");
    expect(rewrite(code, "block-1.js", none).declared).toHaveLength(40_000);
  });
});

/** Line and column, as V8 counts them. */
function place(text: string, word: string, firstColumnOffset: number): [line: number, column: number] {
  const lines = text.slice(0, text.indexOf(word)).split(/\r\n|[\n\r\u2028]/);
  const column = lines.at(-1)?.length ?? 0;
  return [lines.length, column + (lines.length === 1 ? firstColumnOffset : 0)];
}
