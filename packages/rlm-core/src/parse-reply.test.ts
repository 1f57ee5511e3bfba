import { describe, expect, it } from "vitest";
import { answerText, parseReply, withoutThinking } from "./parse-reply.ts";

const fence = "```";

describe("parseReply()", () => {
  for (const language of ["repl", "js", "javascript", "ts", "typescript", "REPL"]) {
    it(`parseReply() takes the code of a fence "${language}"`, () => {
      expect(parseReply(`I look first.\n${fence}${language}\nprint(1);\n${fence}\nThen I go on.`)).toEqual({
        code: "print(1);",
      });
    });
  }

  it("parseReply() takes a fence without a language only if there is no other", () => {
    expect(parseReply(`${fence}\nprint(1)\n${fence}`).code).toBe("print(1)");
    expect(parseReply(`${fence}\nsome output\n${fence}\n${fence}repl\nprint(2)\n${fence}`).code).toBe("print(2)");
  });

  it("parseReply() passes over fences of other languages", () => {
    expect(parseReply(`${fence}json\n{"a":1}\n${fence}\n${fence}js\nprint(3)\n${fence}`)).toEqual({ code: "print(3)" });
    expect(parseReply(`${fence}python\nprint(1)\n${fence}`).code).toBeUndefined();
  });

  it("parseReply() keeps fences that are inside of the code", () => {
    const code = `/* The prompt looks so:\n${fence}\ntext\n${fence}\n*/\nprint("x");`;
    expect(parseReply(`Plan.\n${fence}repl\n${code}\n${fence}\nThat is all.`)).toEqual({ code });
  });

  it("parseReply() pairs inner fences by their languages where the code is not plain JavaScript", () => {
    const code = `const a: string = \`\n${fence}json\n{}\n${fence}\n\`;`;
    expect(parseReply(`${fence}ts\n${code}\n${fence}`)).toEqual({ code });
  });

  it("parseReply() takes longer fences, tildes, CRLF, and a block without an end", () => {
    expect(parseReply(`${fence}\`repl\nprint("${fence}")\n${fence}\``).code).toBe(`print("${fence}")`);
    expect(parseReply("~~~js\nprint(1)\n~~~").code).toBe("print(1)");
    expect(parseReply(`${fence}repl\r\nprint(1)\r\nprint(2)\r\n${fence}`).code).toBe("print(1)\nprint(2)");
    expect(parseReply(`${fence}repl\nprint(1)`).code).toBe("print(1)");
  });

  it("parseReply() runs only the first of several blocks and says so", () => {
    const { code, hint } = parseReply(`${fence}repl\nprint(1)\n${fence}\nOutput: 7\n${fence}repl\nFINAL(7)\n${fence}`);
    expect(code).toBe("print(1)");
    expect(hint).toContain("first of your 2 blocks");
  });

  it("parseReply() drops what was thought, also where a tag is missing", () => {
    expect(parseReply(`<think>${fence}repl\nFINAL(1)\n${fence}</think>${fence}repl\nprint(2)\n${fence}`).code).toBe(
      "print(2)",
    );
    expect(parseReply(`${fence}repl\nprint(2)\n${fence}\n<think>${fence}repl\nFINAL(1)\n${fence}`).code).toBe(
      "print(2)",
    );
    expect(withoutThinking("so it is 4.</think>4")).toBe("4");
  });

  it("parseReply() runs a bare FINAL or FINAL_VAR line where there is no block", () => {
    expect(parseReply('The answer follows.\nFINAL("a (b) c") and nothing else').code).toBe('FINAL("a (b) c")');
    expect(parseReply("FINAL({ a: [1, 2] })").code).toBe("FINAL({ a: [1, 2] })");
    expect(parseReply('FINAL_VAR("result")').code).toBe("FINAL(result)");
    expect(parseReply("  FINAL_VAR(result)").code).toBe("FINAL(result)");
    expect(parseReply("FINAL(The answer is 42 (about).)").code).toBe('FINAL("The answer is 42 (about).")');
    expect(parseReply("I will call FINAL(x) later.").code).toBeUndefined();
  });

  it("parseReply() gives a hint for a reply without code, never silence", () => {
    expect(parseReply("The answer is 42.")).toEqual({ hint: expect.stringContaining("no code") });
    expect(parseReply("")).toEqual({ hint: expect.stringContaining("empty") });
    expect(parseReply("<think>hm")).toEqual({ hint: expect.stringContaining("empty") });
    expect(parseReply(`${fence}repl\n\n${fence}`)).toEqual({ hint: expect.stringContaining("no code") });
  });

  it("answerText() drops what was thought first, and nothing of the text itself", () => {
    expect(answerText("<think>hm</think> Four. <think> is a tag.")).toBe("Four. <think> is a tag.");
    expect(answerText("so it is 4.</think>\n4")).toBe("4");
    expect(answerText("<thinking>still at it")).toBe("");
    expect(answerText(" The tag <think>x</think> marks thinking. ")).toBe("The tag <think>x</think> marks thinking.");
  });

  it("parseReply() reads a reply of nothing but fences, or of nothing but beginnings of thinking, in linear time", () => {
    const started = performance.now();
    expect(parseReply(`${fence}js\n(\n`.repeat(1000)).code).toContain("(");
    expect(parseReply(`${fence}js\n(\n${`${fence}\n(\n`.repeat(1000)}`).code).toBe("(");
    expect(parseReply(`${fence}${"a".repeat(200_000)}\``).code).toBeUndefined();
    expect(parseReply("<think>".repeat(50_000)).code).toBeUndefined();
    // Each took minutes or more.
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it("parseReply() survives deep nesting", () => {
    const deep = `${fence}repl\n${"[".repeat(100_000)}\n${fence}\nand\n${fence}\n`;
    expect(parseReply(deep).code).toContain("[[[");
  });
});
