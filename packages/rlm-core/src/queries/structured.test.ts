import { describe, expect, it } from "vitest";
import { readJson } from "./structured.ts";

const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };

describe("readJson()", () => {
  it("readJson() reads JSON that stands alone, in a fence, or in the middle of words", () => {
    expect(readJson('{"n": 1}', schema)).toEqual({ text: '{"n":1}', rest: "" });
    expect(readJson('```json\n{"n": 2}\n```', schema)).toEqual({ text: '{"n":2}', rest: "" });
    expect(readJson('Here: {"n": 3, "s": "a } b \\" {"} (I was unsure)', schema)).toEqual({
      text: '{"n":3,"s":"a } b \\" {"}',
      rest: "Here:  (I was unsure)",
    });
    expect(readJson('<think>{"n": 9}</think>[4]', { type: "array" })).toEqual({ text: "[4]", rest: "" });
    expect(readJson('"yes"', { enum: ["yes", "no"] })).toEqual({ text: '"yes"', rest: "" });
  });

  it("readJson() reads a reply of many empty lines in linear time", () => {
    const started = performance.now();
    expect(readJson(`\`\`\`json${"\n".repeat(100_000)}x`, schema)).toEqual({ problem: "it holds no JSON." });
    expect(readJson(`\`\`\`json${"\n".repeat(100_000)}{"n": 1}${"\n".repeat(100_000)}\`\`\``, schema)).toEqual({
      text: '{"n":1}',
      rest: "",
    });
    // It took hours.
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it("readJson() says what is wrong", () => {
    expect(readJson("I cannot tell.", schema)).toEqual({ problem: "it holds no JSON." });
    expect(readJson('{"n": "x"}', schema)).toEqual({ problem: expect.stringContaining("n:") });
    expect(readJson('{"n": 1', schema)).toEqual({ problem: "it holds no JSON." });
  });
});
