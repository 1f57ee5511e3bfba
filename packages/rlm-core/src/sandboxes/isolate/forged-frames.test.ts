import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Session } from "../../sandbox.ts";
import type { ChildScript } from "./testing/scripted-child.ts";
import { isRunning, openScripted, sandboxPids, script, testSession } from "./testing/test-session.ts";

const limits = { computeMs: 200, answerChars: 1_000, promptChars: 1_000, outputChars: 1_000, heapMb: 64 };
const done = { output: { text: "ok", chars: 2 }, computeMs: 1 };
const end = (more: object = {}): object => ({ type: "done", done: { ...done, ...more } });
const call = (more: object = {}): object => ({
  type: "call",
  call: { id: 1, kind: "llm", prompt: "p", options: {}, ...more },
});
const waiting = { type: "waiting" };
const kits = [{ name: "kit", functions: {}, libraries: { one: "h1" } }];
const libraries = new Map([
  ["h1", "1"],
  ["h2", "2"],
]);
const wish = (hash: unknown): object => ({ type: "library", hash });
const framed = (json: string, length = json.length): string =>
  String.fromCharCode(length & 255, (length >> 8) & 255, (length >> 16) & 255, (length >>> 24) & 255) + json;
const deep = (levels: number): string => `${'{"a":['.repeat(levels)}1${"]}".repeat(levels)}`;

let session: Session;
beforeEach(async () => {
  session = await openScripted(testSession("").options({ limits, kits, libraries }));
});
afterEach(async () => {
  // Whatever was sent, the session goes on with another process, and this one's objects are as they were.
  expect(await session.run(script({ frames: [end()] }))).toMatchObject({ output: { text: "ok" } });
  expect(Reflect.get({}, "polluted")).toBeUndefined();
  await session.close();
  expect(sandboxPids()).toEqual([]);
});

describe("a process that forges frames", () => {
  it.each<[string, ChildScript]>([
    ["a frame of four gigabytes", { bytes: framed("{}", 0xffffffff) }],
    ["an empty frame", { bytes: framed("") }],
    ["a frame that is a list of frames", { frames: [[waiting, end()]] }],
    ["a frame that is nothing", { frames: [null] }],
    ["a frame without a type", { frames: [{ done }] }],
    ["a type from the prototype of objects", { frames: [{ type: "constructor" }] }],
    ["a type in its prototype alone", { bytes: framed(`{"__proto__":{"type":"waiting"}}`) }],
    ["bytes that are no UTF-8 where words are expected", { bytes: framed(`{"type":"\u00ff\u00fe"}`) }],
    [
      "a call that nothing in the code made, of a kind that is none",
      { frames: [call({ kind: "__proto__" }), waiting] },
    ],
    ["an id that is no number", { frames: [call({ id: "1" }), waiting] }],
    ["an id beyond all integers", { frames: [call({ id: 2 ** 60 }), waiting] }],
    ["an id below all ids", { frames: [call({ id: 0 }), waiting] }],
    ["a tool that it was not given", { frames: [call({ kind: "tool", name: "constructor" }), waiting] }],
    [
      "a call without end in its schema",
      {
        bytes: framed(`{"type":"call","call":{"id":1,"kind":"llm","prompt":"p","options":{"schema":${deep(10_000)}}}}`),
      },
    ],
    ["a result for nothing", { frames: [{ type: "result", id: 1, ok: true, value: { text: "r", json: false } }] }],
    ["a variable list that nobody asked for", { frames: [{ type: "inspected", hash: "h", variables: [] }] }],
    ["a second beginning", { frames: [{ type: "entered" }, end()] }],
    ["a wish for a library that no kit has", { frames: [wish("h2"), end()] }],
    ["a wish for a library twice", { frames: [wish("h1"), wish("h1"), end()] }],
    ["a wish for a library without its hash", { frames: [wish({ toString: 1 }), end()] }],
    ["an answer that is too long", { frames: [end({ answer: { text: "a".repeat(1_001), json: false } })] }],
    ["an answer that is a number", { frames: [end({ answer: 7 })] }],
    ["an output that is too long", { frames: [end({ output: { text: "o".repeat(10_000), chars: 1 } })] }],
    ["an error that is too long", { frames: [end({ error: { kind: "thrown", message: "m".repeat(100_000) } })] }],
  ])("loses its block and itself when it sends %s", async (_name, forged) => {
    const [pid] = sandboxPids();
    const ended = await session.run(script(forged));
    expect(ended).toMatchObject({ rolledBack: true, error: { kind: "died" } });
    expect(ended.kind === "done" && ended.answer).toBeUndefined();
    expect(isRunning(pid!)).toBe(false);
  });

  it.each<[string, ChildScript]>([
    ["half a frame", { bytes: framed(`{"type":"done"`, 100), hang: true }],
    ["the first byte of a length", { bytes: "\u0001", hang: true }],
    ["nothing but that it began", { hang: true }],
    ["calls, and never that it waits", { frames: [call()], hang: true }],
  ])("is ended for its time when it sends %s and then is silent", async (_name, forged) => {
    expect(await session.run(script(forged))).toMatchObject({ rolledBack: true, error: { kind: "timeout" } });
  });

  it.each<[string, string]>([
    [
      "in a frame",
      `{"type":"done","done":${JSON.stringify(done)},"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}`,
    ],
    [
      "in what a block ends with",
      `{"type":"done","done":{"__proto__":{"polluted":1,"rolledBack":true,"answer":{"text":"hacked","json":false}},"computeMs":1,"output":{"text":"ok","chars":2,"__proto__":{"polluted":1}}}}`,
    ],
    [
      "far too deep in what nobody reads",
      `{"type":"done","done":{"output":{"text":"ok","chars":2},"computeMs":1,"more":${deep(100_000)}}}`,
    ],
  ])("changes nothing by keys that it adds %s", async (_name, json) => {
    const ended = await session.run(script({ bytes: framed(json) }));
    expect(ended).toEqual({ kind: "done", output: { text: "ok", chars: 2 }, computeMs: expect.any(Number) });
  });

  it("has its bytes that are no UTF-8 replaced in a text", async () => {
    const json = `{"type":"done","done":{"output":{"text":"\u00ff\u00c0\u0080","chars":3},"computeMs":1}}`;
    expect(await session.run(script({ bytes: framed(json) }))).toMatchObject({
      output: { text: "\ufffd\ufffd\ufffd" },
    });
  });
});
