import { describe, expect, it } from "vitest";
import type { JournalEvent } from "./journal.ts";
import {
  answerOf,
  canonicalJournal,
  compactionOf,
  failuresInARow,
  newestTask,
  nextDelivery,
  oldestTurns,
  turnsOf,
} from "./turns.ts";

const left = { turn: 1, turns: 30, calls: 200 };
const reply = (text: string): JournalEvent => ({
  type: "reply",
  text,
  left,
  usage: { inputTokens: 1, outputTokens: 1 },
  model: "m",
});
const block = (code: string, clock = 1): JournalEvent => ({ type: "block", code, clock });
const call = (id: number, hash: string): JournalEvent => ({ type: "call", id, kind: "llm", hash });
const result = (id: number, hash: string, delivery: number): JournalEvent => ({
  type: "result",
  id,
  hash,
  ok: true,
  ref: `sha256:${hash}`,
  json: false,
  delivery,
});
const end = (fields: object = {}): JournalEvent => ({
  type: "end",
  output: { text: "", chars: 0 },
  computeMs: 1,
  ...fields,
});
const error = { kind: "thrown", message: "Error: x" };

const task: JournalEvent = { type: "task", runId: "r", run: 1, query: "q", contexts: [], variables: [] };

describe("turnsOf()", () => {
  it("turnsOf() looks only at the newest run, as failuresInARow() does; deliveries go on", () => {
    const first = [reply("a"), block("1"), call(1, "h"), result(1, "h", 1), end({ error })];
    expect(turnsOf([...first, task])).toEqual([]);
    const journal = [...first, task, reply("b"), block("2"), end(), task, reply("c")];
    expect(turnsOf(journal).map((turn) => turn.reply.text)).toEqual(["c"]);
    expect(failuresInARow(turnsOf([...first, task]))).toBe(0);
    expect(nextDelivery(journal)).toBe(2);
    expect(newestTask(first)).toBeUndefined();
    const canonical = canonicalJournal(journal) as { type: string }[];
    expect(canonical.map(({ type }) => type).join(" ")).toBe(
      "reply block call result end task reply block end task reply",
    );
  });

  it("turnsOf() groups a journal by replies", () => {
    const journal = [reply("a"), block("1"), call(1, "h"), result(1, "h", 1), end(), reply("b")];
    expect(
      turnsOf(journal).map(({ calls, results, block, end }) => [calls.length, results.length, block?.type, end?.type]),
    ).toEqual([
      [1, 1, "block", "end"],
      [0, 0, undefined, undefined],
    ]);
    expect(() => turnsOf([end()])).toThrow('begins with "end"');
    expect(nextDelivery(journal)).toBe(2);
  });

  it("answerOf() is what a person made of the newest answer, also of one in a plain call, and canonicalJournal() has it", () => {
    const answer = { ref: "sha256:a", json: false };
    const said = (decision: "edit" | "reject", fields = {}): JournalEvent => ({
      type: "review",
      kind: "answer",
      decision,
      status: "final",
      ...fields,
    });
    const edited = said("edit", { answer });
    const given = end({ answer: { ref: "sha256:b", json: false } });
    expect(answerOf([reply("a"), block("1"), given])).toEqual({ ref: "sha256:b", json: false });
    expect(answerOf([reply("a"), block("1"), given, edited])).toEqual(answer);
    expect(answerOf([reply("a"), block("1"), given, said("reject")])).toBeUndefined();
    expect(answerOf([reply("a"), block("1"), given, edited, task])).toBeUndefined();
    expect(answerOf([edited])).toEqual(answer);
    expect(answerOf([reply("a"), block("1"), given, task, edited])).toEqual(answer);
    expect(canonicalJournal([edited])).toEqual([edited]);
  });

  it("canonicalJournal() keeps the text of compactions and their place, and turnsOf() leaves them out", () => {
    const compact: JournalEvent = { type: "compact", text: "notes", turns: 1, variables: "", model: "m" };
    const told = { type: "compact", text: "notes", turns: 1 };
    const journal = [reply("a"), block("1"), end(), compact, reply("b"), compact];
    expect(turnsOf(journal)).toEqual(turnsOf(journal.filter(({ type }) => type !== "compact")));
    expect(canonicalJournal(journal).slice(3)).toEqual([told, { type: "reply", text: "b" }, told]);
    expect(compactionOf(journal)).toBe(compact);
    expect(oldestTurns(journal, 1)).toEqual([reply("a"), block("1"), end(), compact, compact]);
  });

  it("failuresInARow() counts errors and replies without code since the last success", () => {
    const good = [reply("a"), block("1"), end()];
    const bad = [reply("b"), block("2"), end({ error })];
    expect(failuresInARow(turnsOf([...bad, ...good]))).toBe(0);
    expect(failuresInARow(turnsOf([...good, ...bad, reply("c"), ...bad]))).toBe(3);
    expect(failuresInARow([])).toBe(0);
  });
});

describe("canonicalJournal()", () => {
  it("canonicalJournal() forgets clocks, ids and the order of deliveries, and nothing else", () => {
    const one = [reply("a"), block("1", 5), call(1, "x"), call(2, "y"), result(1, "x", 1), result(2, "y", 2), end()];
    const other = [
      reply("a"),
      block("1", 9),
      call(1, "y"),
      call(2, "x"),
      result(2, "x", 1),
      result(1, "y", 2),
      end({ computeMs: 7 }),
    ];
    expect(canonicalJournal(one)).toEqual(canonicalJournal(other));
    expect(canonicalJournal(one)).not.toEqual(
      canonicalJournal([...one.slice(0, -1), end({ output: { text: "z", chars: 1 } })]),
    );
    expect(canonicalJournal(one)).not.toEqual(
      canonicalJournal(one.map((event) => (event.type === "call" ? { ...event, hash: "z" } : event))),
    );
  });
});
