import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import type { RlmEvent } from "rlm-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { liveTree, type TreeStream } from "./live-tree.ts";

const usage = { inputTokens: 100, outputTokens: 20 };
const root = { runId: "r", depth: 0 };
const child = { runId: "r/2.3", depth: 1 };

const started = [runStart(root, "What is said of the heron?"), { type: "turn-start", ...root, turn: 1 }] as const;
const firstTurn = [
  reply(root, 1),
  block(root, 1, "\n// Look first.\nprint(context.length);\nprint(2);"),
  end(root, 1, { chars: 1204 }),
  {
    type: "journal",
    ...root,
    turn: 1,
    index: 7,
    event: { type: "compact", text: "notes", turns: 1, variables: "", usage, model: "m" },
  },
] as const;
const fanOut = [
  { type: "turn-start", ...root, turn: 2 },
  reply(root, 2),
  block(root, 2, "await llm_query_batched(prompts);"),
  ask(root, 2, 1, "llm"),
  ask(root, 2, 2, "llm"),
  ask(root, 2, 3, "rlm"),
] as const;
const childStarted = [
  runStart(child, "And of the \u001b[31mstork\u001b[0m?", { runId: "r", turn: 2, id: 3 }),
  { type: "turn-start", ...child, turn: 1 },
  reply(child, 1),
  block(child, 1, "FINAL(1)"),
] as const;
const settled = [
  { ...asked(root, 2, 1, "llm"), ok: true, usage },
  { ...asked(root, 2, 2, "llm"), ok: false },
] as const;
const childEnded = [
  end(child, 1, {}),
  { type: "run-end", ...child, status: "final", usage: total(1) },
  { ...asked(root, 2, 3, "rlm"), ok: true, usage },
] as const;
const finished = [
  end(root, 2, { error: { kind: "thrown", message: "TypeError: no \u202eheron\u202c" } }),
  { type: "warning", ...root, message: "another V8 version" },
  { type: "run-end", ...root, status: "concluded", limit: "turns", usage: total(7) },
] as const;

describe("liveTree() where there is no terminal", () => {
  it("liveTree() writes a line a turn, block, batch of sub-calls and end, indented by depth", () => {
    const { written, onEvent } = open({ isTTY: false });
    for (const event of [...started, ...firstTurn, ...fanOut, ...childStarted, ...settled, ...childEnded, ...finished])
      onEvent(event);
    expect(written().split("\n")).toEqual([
      "run starts: What is said of the heron?",
      "turn 1: the model writes",
      "code: // Look first.",
      "code ends: printed 1,204 characters",
      "history: turn 1 is now a summary",
      "turn 2: the model writes",
      "code: await llm_query_batched(prompts);",
      "sub-calls start",
      "  child starts: And of the stork?",
      "  turn 1: the model writes",
      "  code: FINAL(1)",
      "  code ends: printed 0 characters",
      "  child ends: final",
      "3 sub-calls: 2 done, 1 failed",
      "code ends with an error: TypeError: no heron",
      "warning: another V8 version",
      "run ends: concluded at the limit on turns · 2.5 s · 7 model calls · 840 tokens",
      "",
    ]);
  });

  it("liveTree() is not drawn on a stream that does not say that it is a terminal, and writes nothing after stop()", () => {
    const { written, onEvent, stop } = open({});
    onEvent(started[0]);
    stop();
    onEvent(started[1]);
    expect(written()).toBe("run starts: What is said of the heron?\n");
  });
});

describe("liveTree() on a terminal", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubEnv("NO_COLOR", "1");
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  it("liveTree() shows turns, the first lines of code, sub-calls as counts, children inside, tokens and time", () => {
    const { written, onEvent, stop } = open({ isTTY: true });
    for (const event of [...started, ...firstTurn, ...fanOut, ...childStarted, ...settled]) onEvent(event);
    stop();
    expect(written().trimEnd().split("\n")).toEqual([
      "RLM running · 2.5 s · 5 model calls · 600 tokens",
      "turn 1  // Look first.",
      "        print(context.length);",
      "        printed 1,204 characters",
      "        history: turn 1 is now a summary",
      "turn 2  await llm_query_batched(prompts);",
      "        3 sub-calls: 1 done, 1 running, 1 failed",
      "          child And of the stork?",
      "            turn 1  FINAL(1)",
    ]);
  });

  it("liveTree() shows a child that has ended in one line, errors, warnings, and the end by the budget’s figures", () => {
    const { written, onEvent, stop } = open({ isTTY: true });
    for (const event of [...started, ...fanOut, ...childStarted, ...settled, ...childEnded, ...finished])
      onEvent(event);
    stop();
    expect(written().trimEnd().split("\n")).toEqual([
      "RLM concluded at the limit on turns · 2.5 s · 7 model calls · 840 tokens",
      "turn 1  the model writes",
      "turn 2  await llm_query_batched(prompts);",
      "        3 sub-calls: 2 done, 1 failed",
      "          child final And of the stork?",
      "        TypeError: no heron",
      "warning: another V8 version",
    ]);
  });

  it("liveTree() says how many sub-calls the cache had, and counts neither their call nor their tokens", () => {
    const { written, onEvent, stop } = open({ isTTY: true });
    const hit = { ...asked(root, 2, 1, "llm"), ok: true, usage, cached: true } as const;
    for (const event of [...started, ...fanOut, hit]) onEvent(event);
    stop();
    expect(written()).toContain("RLM running · 2.5 s · 1 model call · 120 tokens");
    expect(written()).toContain("3 sub-calls: 1 done (1 from the cache), 2 running");
  });

  it("liveTree() redraws at most 10 times a second, however many events come, and not at all after stop()", () => {
    const { writes, onEvent, stop } = open({ isTTY: true });
    for (const event of [...started, ...firstTurn, ...fanOut]) onEvent(event);
    for (let id = 4; id < 2000; id++) {
      onEvent(ask(root, 2, id, "llm"));
      vi.advanceTimersByTime(1);
    }
    expect(writes()).toBeGreaterThan(10);
    expect(writes()).toBeLessThanOrEqual(20);
    stop();
    stop();
    const before = writes();
    onEvent(settled[0]);
    vi.advanceTimersByTime(10_000);
    expect(writes()).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("liveTree() holds no process open", () => {
    vi.useRealTimers();
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const { stop } = open({ isTTY: true });
    expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout")).toHaveLength(before);
    stop();
  });

  it.each([
    ["1", false],
    ["", true],
  ])("liveTree() with NO_COLOR=%j: colours %s", (value, colours) => {
    vi.stubEnv("NO_COLOR", value);
    const { raw, onEvent, stop } = open({ isTTY: true });
    for (const event of started) onEvent(event);
    stop();
    expect(raw().includes("\u001b[1mRLM")).toBe(colours);
  });
});

/** A tree on a stream that keeps what is written; its clock says 2.5 seconds from the second reading on. */
function open(options: { isTTY?: boolean }): {
  onEvent: (event: RlmEvent | Readonly<object>) => void;
  stop: () => void;
  written: () => string;
  raw: () => string;
  writes: () => number;
} {
  const chunks: string[] = [];
  const stream: TreeStream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  stream.columns = 100;
  let readings = 0;
  const tree = liveTree({ stream, now: () => (readings++ === 0 ? 0 : 2500), ...options });
  const raw = (): string => chunks.join("");
  return {
    onEvent: (event) => tree.onEvent(event as RlmEvent),
    stop: () => tree.stop(),
    raw,
    written: () => stripVTControlCharacters(raw()),
    writes: () => chunks.filter((chunk) => stripVTControlCharacters(chunk).trim() !== "").length,
  };
}

function runStart(run: object, query: string, parent?: object): object {
  return { type: "run-start", ...run, state: { task: { query, contexts: [] } }, ...(parent && { parent }) };
}

function reply(run: object, turn: number): object {
  return {
    type: "journal",
    ...run,
    turn,
    index: 4 * turn,
    event: { type: "reply", text: "", left: {}, usage, model: "m" },
  };
}

function block(run: object, turn: number, code: string): object {
  return { type: "journal", ...run, turn, index: 4 * turn + 1, event: { type: "block", code, clock: 0 } };
}

function end(run: object, turn: number, { chars = 0, error }: { chars?: number; error?: object }): object {
  return {
    type: "journal",
    ...run,
    turn,
    index: 4 * turn + 2,
    event: { type: "end", output: { text: "", chars }, computeMs: 1, ...(error && { error }) },
  };
}

function ask(run: object, turn: number, id: number, kind: string): object {
  return { type: "query-start", ...run, turn, id, kind, label: "label" };
}

function asked(run: object, turn: number, id: number, kind: string): object {
  return { type: "query-end", ...run, turn, id, kind };
}

function total(calls: number): object {
  return { calls, inputTokens: 100 * calls, outputTokens: 20 * calls };
}
