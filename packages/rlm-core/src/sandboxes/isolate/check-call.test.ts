import { describe, expect, it } from "vitest";
import { BadFrame } from "../../confined/bad-frame.ts";
import { checkCall } from "./check-call.ts";

const rules = {
  queries: true,
  tools: ["read"],
  promptChars: 10,
  answerChars: 20,
  contexts: [
    { name: "logs", kind: "string" as const, length: 100 },
    { name: "rows", kind: "array" as const, length: 9 },
  ],
};
const call = { id: 2, kind: "llm", prompt: "p", options: {} };
const deep = (levels: number): unknown => (levels === 0 ? {} : { items: deep(levels - 1) });

describe("checkCall()", () => {
  it.each([
    call,
    { ...call, kind: "rlm", context: { text: "c", json: false } },
    { ...call, kind: "rlm", context: { text: "[1]", json: true } },
    { ...call, kind: "rlm", context: { context: "logs", from: 0, length: 100 } },
    { ...call, kind: "rlm", context: { context: "logs", from: 99, length: 1 } },
    { ...call, kind: "tool", name: "read" },
    { ...call, portion: { schema: { type: "string" }, numbers: [1, 3] } },
    { ...call, options: { model: "m", schema: { type: "object", properties: { format: { type: "string" } } } } },
  ])("takes %j", (given) => {
    expect(checkCall(given, 1, rules)).toEqual(given);
  });

  it("leaves out what a call does not have", () => {
    expect(
      checkCall(
        { ...call, name: "n", context: { text: "c", json: false }, hash: "h", options: { extra: 1 } },
        1,
        rules,
      ),
    ).toEqual(call);
  });

  it.each([
    ["no object", 1],
    ["an id that came before", { ...call, id: 1 }],
    ["an id that is no integer", { ...call, id: 2.5 }],
    ["another kind", { ...call, kind: "eval" }],
    ["a prompt that is no text", { ...call, prompt: ["p"] }],
    ["a prompt over the limit", { ...call, prompt: "p".repeat(11) }],
    ["a tool that the session does not have", { ...call, kind: "tool", name: "write" }],
    ["a tool without a name", { ...call, kind: "tool" }],
    ["a context that is no text", { ...call, kind: "rlm", context: { text: 1, json: false } }],
    ["a part of no context", { ...call, kind: "rlm", context: { context: "log", from: 0, length: 1 } }],
    ["a part beyond the end", { ...call, kind: "rlm", context: { context: "logs", from: 99, length: 2 } }],
    ["an empty part", { ...call, kind: "rlm", context: { context: "logs", from: 9, length: 0 } }],
    ["a part before the start", { ...call, kind: "rlm", context: { context: "logs", from: -1, length: 2 } }],
    ["a context that is not the JSON it says", { ...call, kind: "rlm", context: { text: "{", json: true } }],
    ["a context over the limit", { ...call, kind: "rlm", context: { text: "c".repeat(21), json: false } }],
    ["no options", { ...call, options: undefined }],
    ["a model that is no name", { ...call, options: { model: 1 } }],
    ["a schema that is no object", { ...call, options: { schema: "string" } }],
    ["a schema with a pattern", { ...call, options: { schema: { pattern: "(a+)+$" } } }],
    ["a schema that is too deep", { ...call, options: { schema: deep(40) } }],
    ["a schema that is too long", { ...call, options: { schema: { description: "d".repeat(20_000) } } }],
  ])("refuses %s", (_name, given) => {
    expect(() => checkCall(given, 1, rules)).toThrow(BadFrame);
  });

  it("refuses queries where the session has none", () => {
    expect(() => checkCall(call, 1, { ...rules, queries: false })).toThrow(BadFrame);
  });
});
