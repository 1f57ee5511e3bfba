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

describe("checkDone() of a cited answer", () => {
  const citation = { claim: "c", source: "context", key: "a.0", start: 4, end: 7, quote: "abc" };
  const cited = { outputChars: 200, answerChars: 20, cite: true } as const;
  const ending = (answer: unknown, json = true): object => ({
    ...done,
    answer: { text: JSON.stringify(answer), json },
  });

  it("takes an answer with citations", () => {
    const given = ending({ answer: "yes", citations: [citation, { ...citation, key: 5 }] });
    expect(checkDone(given, cited)).toEqual(given);
    const value = ending({ answer: { a: 1 }, citations: [] });
    expect(checkDone(value, { ...cited, ...rules })).toEqual(value);
  });

  it.each([
    ["a bare answer", ending("yes")],
    ["a text", ending({ answer: "yes", citations: [] }, false)],
    ["no citations", ending({ answer: "yes" })],
    ["no answer", ending({ citations: [] })],
    ["something beside them", ending({ answer: "yes", citations: [], unverified: [] })],
    ["an answer over the limit", ending({ answer: "y".repeat(21), citations: [] })],
    ["too many citations", ending({ answer: "yes", citations: Array.from({ length: 101 }, () => citation) })],
    ["a citation without a quote", ending({ answer: "yes", citations: [{ ...citation, end: 4, quote: "" }] })],
    ["a passage of another length", ending({ answer: "yes", citations: [{ ...citation, end: 8 }] })],
    ["a place that is none", ending({ answer: "yes", citations: [{ ...citation, start: -3, end: 0 }] })],
    ["a key that is none", ending({ answer: "yes", citations: [{ ...citation, key: { a: 1 } }] })],
    ["more than a citation has", ending({ answer: "yes", citations: [{ ...citation, places: 2 }] })],
  ])("refuses %s", (_name, given) => {
    expect(() => checkDone(given, cited)).toThrow(BadFrame);
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
