import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../journal.ts";
import type { Variable } from "../sandbox.ts";
import { offeredVariables } from "./offered-variables.ts";

const variable = (name: string, type = "array", size = "3 elements", preview = "[1, 2, 3]"): Variable => ({
  name,
  type,
  size,
  preview,
});

function journalOf(...blocks: string[]): JournalEvent[] {
  return blocks.flatMap((code): JournalEvent[] => [
    {
      type: "reply",
      text: "",
      left: { turn: 1, turns: null, calls: null },
      usage: { inputTokens: 1, outputTokens: 1 },
      model: "m",
    },
    { type: "block", code, clock: 0 },
  ]);
}

const namesOf = (shown: string): string[] => shown.split("\n").map((line) => line.replace(/ .*/, ""));

describe("offeredVariables()", () => {
  it("offeredVariables() gives name, type, size and preview", () => {
    const given = [
      variable("found"),
      variable("n", "number", "", "7"),
      variable("t", "string", "9 characters", "one\n  two"),
    ];
    const shown = offeredVariables(given, journalOf("let t", "let n", "let found"));
    expect(shown).toBe("found (array, 3 elements): [1, 2, 3]\nn (number): 7\nt (string, 9 characters): one two");
  });

  it.each<[string, string, string]>([
    ["an assignment", "let a; let b", "a = 1; print(b)"],
    ["a declaration", "let b", "const a = await llm_map(b, 'x')"],
    ["an entry", "let a; let b", "a[b] = 1"],
    ["a field", "let a; let b", "a.n ??= b"],
    ["a push", "let a; let b", "a.push(...b)"],
    ["a destructuring", "let b", "const { a, rest } = b"],
  ])("offeredVariables() puts first what was changed last, by %s", (_, first, second) => {
    expect(namesOf(offeredVariables([variable("b"), variable("a")], journalOf(first, second)))).toEqual(["a", "b"]);
  });

  it("offeredVariables() is not misled by comparisons, arrow functions, fields and longer names", () => {
    const later = "x.a = 1; aa = 1; $a = 1; if (a == 1 || a === 2) b = (a => 1)(a)";
    expect(namesOf(offeredVariables([variable("a"), variable("b")], journalOf("let a, b", later)))).toEqual(["b", "a"]);
  });

  it("offeredVariables() goes by all runs of the REPL, and not by a block that was rolled back", () => {
    const task: JournalEvent = { type: "task", runId: "r", run: 1, query: "q", contexts: [], variables: [] };
    const undone: JournalEvent = { type: "end", output: { text: "", chars: 0 }, computeMs: 1, rolledBack: true };
    const variables = [variable("a"), variable("b"), variable("c")];
    const journal = [...journalOf("let a = 1", "let b = 1"), task, ...journalOf("let c = 1", "a = 2"), undone];
    expect(namesOf(offeredVariables(variables, journal))).toEqual(["c", "b", "a"]);
    expect(namesOf(offeredVariables(variables, journal.slice(0, -1)))).toEqual(["a", "c", "b"]);
  });

  it("offeredVariables() puts the biggest first of one turn, and functions and empty values last", () => {
    const variables = [
      variable("empty", "array", "0 elements", "[]"),
      variable("f", "function", "", "x => x"),
      variable("long", "string", "12,345 characters", '"…"'),
      variable("short", "string", "99 characters", '"…"'),
    ];
    const journal = journalOf("long = 1; short = 2", "f = 1; empty = []");
    expect(namesOf(offeredVariables(variables, journal))).toEqual(["long", "short", "empty", "f"]);
  });

  it("offeredVariables() shows 50 of many, and names others", () => {
    const variables = Array.from({ length: 400 }, (_, at) => variable(`v${String(at).padStart(3, "0")}`));
    const lines = offeredVariables(variables, journalOf("let v000", "v399 = 1")).split("\n");
    expect(lines).toHaveLength(51);
    expect(lines[0]).toMatch(/^v399 /);
    expect(lines.at(-1)).toMatch(/^and 350 more, such as v\d+, .*$/);
  });

  it("offeredVariables() takes names that are no words, and long code, in a moment", () => {
    const started = performance.now();
    const variables = ["(", "a b", "[", "$&", ""].map((name) => variable(name));
    offeredVariables(variables, journalOf("a[".repeat(20_000), "x = [".repeat(20_000)));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
