import { describe, expect, it } from "vitest";
import { BadFrame } from "../../confined/bad-frame.ts";
import { checkDone, checkInspected } from "./check-done.ts";

const rules = { outputChars: 200, answerChars: 20, responseFormat: { type: "object", required: ["a"] } };
const done = { kind: "done", output: { text: "o", chars: 1 }, computeMs: 1.5 };

describe("checkDone()", () => {
  it.each([
    done,
    { ...done, error: { kind: "thrown", message: "m" } },
    { ...done, rolledBack: true, error: { kind: "timeout", message: "m" } },
    { ...done, answer: { text: '{"a":1}', json: true } },
  ])("takes %j", (given) => {
    expect(checkDone(given, rules)).toEqual(given);
  });

  it.each([
    ["no output", { ...done, output: undefined }],
    ["an output over the limit", { ...done, output: { text: "o".repeat(1_000), chars: 1 } }],
    ["a negative length", { ...done, output: { text: "", chars: -1 } }],
    ["a time that is none", { ...done, computeMs: "1" }],
    ["a negative time", { ...done, computeMs: -1 }],
    ["another kind of error", { ...done, error: { kind: "fatal", message: "m" } }],
    ["an endless error", { ...done, error: { kind: "thrown", message: "m".repeat(1e6) } }],
    ["an answer over the limit", { ...done, answer: { text: '{"a":"aaaaaaaaaaaaaaa"}', json: true } }],
    ["an answer that does not fit the response format", { ...done, answer: { text: "{}", json: true } }],
    ["an answer that is not the JSON it says", { ...done, answer: { text: "{a:1}", json: true } }],
    ["a text where the response format wants an object", { ...done, answer: { text: '{"a":1}', json: false } }],
    ["a rollback that is no flag", { ...done, rolledBack: "yes" }],
  ])("refuses %s", (_name, given) => {
    expect(() => checkDone(given, rules)).toThrow(BadFrame);
  });
});

describe("checkInspected()", () => {
  const variable = { name: "n", type: "string", size: "1 character", preview: '"a"' };

  it("takes variables and leaves out what they do not have", () => {
    expect(checkInspected({ hash: "h", variables: [{ ...variable, value: 1 }] })).toEqual({
      hash: "h",
      variables: [variable],
    });
  });

  it.each([
    { hash: 1, variables: [] },
    { hash: "h", variables: {} },
    { hash: "h", variables: [{ ...variable, preview: "p".repeat(5_000) }] },
  ])("refuses %#", (given) => {
    expect(() => checkInspected(given)).toThrow(BadFrame);
  });
});
