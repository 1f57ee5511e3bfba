import { PassThrough } from "node:stream";
import type { BudgetReview, CodeReview, Decision, ReviewRequest } from "rlm-core";
import { describe, expect, it } from "vitest";
import { askPerson } from "./ask-person.ts";
import { reviewWords } from "./review-words.ts";

const place = { runId: "r", depth: 0, turn: 2 };
const code: CodeReview = { kind: "code", ...place, code: "print(1)" };
const tool: ReviewRequest = {
  kind: "tool",
  ...place,
  id: 1,
  tool: "mail",
  args: { to: "a" },
  parameters: { type: "object", properties: { to: { type: "string" } } },
};
const answer: ReviewRequest = { kind: "answer", ...place, status: "final", answer: "blue" };
const budget: BudgetReview = { kind: "budget", ...place, limit: "calls", max: 20, spent: 18, suggested: 40, calls: 3 };
const time: BudgetReview = { ...budget, limit: "durationMs", max: 60_000, spent: 60_001, suggested: 120_000 };

describe("askPerson()", () => {
  it.each<[string, ReviewRequest, string[], Decision]>([
    ["yes", code, ["y"], { type: "approve" }],
    ["no, and why", code, ["n", "not that"], { type: "reject", message: "not that" }],
    ["no without a word", answer, ["no", ""], { type: "reject" }],
    ["code typed anew", code, ["e", "print(2)", "print(3)", "."], { type: "edit", code: "print(2)\nprint(3)" }],
    ["other arguments", tool, ["e", '{ "to": "b" }', "."], { type: "edit", args: { to: "b" } }],
    ["another answer", answer, ["edit", "green", "."], { type: "edit", answer: "green" }],
    ["a limit raised as suggested", budget, ["y"], { type: "approve" }],
    ["a limit raised to 1.5k", budget, ["1.5k"], { type: "approve", max: 1500 }],
    ["a limit of time", time, ["5m"], { type: "approve", max: 300_000 }],
    ["a limit that stays", budget, ["n"], { type: "reject" }],
  ])("askPerson() takes %s", async (_, request, typed, decision) => {
    const { approve } = person(typed);
    expect(await approve(request)).toEqual(decision);
  });

  it.each<[string, ReviewRequest, string[], RegExp]>([
    ["no choice", code, ["x\u001b[2J"], /There is no choice "x\\\\u\{1b\}\[2j"|There is no choice/],
    ["nothing", code, [""], /Type one of the letters, and Enter/],
    ["an edit that changes nothing", code, ["e", "print(1)", "."], /Nothing was changed/],
    ["what is not JSON", tool, ["e", "{", "."], /it is not JSON/],
    ["what does not fit", tool, ["e", '{ "to": 1 }', "."], /args do not fit the tool/],
    ["a limit that is lower", budget, ["10"], /above 20 \(--calls is 20, spent 18\), got 10/],
    ["no limit", budget, ["none"], /expected max to be an integer above 20/],
    ["no number", budget, ["lots"], /Expected a number such as 200, 50k or 2M/],
  ])("askPerson() asks again after %s", async (_, request, typed, words) => {
    const { approve, written } = person([...typed, "y"]);
    expect(await approve(request)).toEqual({ type: "approve" });
    expect(written()).toMatch(words);
    expect(written()).not.toContain("\u001b");
    expect(written()).not.toContain("limits.");
  });

  it("askPerson() asks several one after the other, and no more after a", async () => {
    const { approve, written } = person(["y", "a"]);
    const decisions = [1, 2, 3, 4].map(async (turn) => await approve({ ...code, turn }));
    expect(await Promise.all(decisions)).toEqual([{ type: "approve" }, { type: "approve" }, true, true]);
    expect(written().match(/Go on\?/g)).toHaveLength(2);
  });

  it.each([["q"], ["quit"], [undefined]])("askPerson() stops the run at %j (none: the input ends)", async (typed) => {
    const { approve, stopped } = person(typed === undefined ? [] : [typed]);
    await expect(approve(code)).rejects.toThrow("stopped");
    expect(stopped()).toBe(true);
  });

  it("askPerson() opens VISUAL, or else EDITOR, with what is asked", async () => {
    const { approve } = person(["e"], { EDITOR: "sed -i.old -e s/1/7/" });
    expect(await approve(code)).toEqual({ type: "edit", code: "print(7)" });
    const broken = person(["e", "y"], { VISUAL: "exit 3 #", EDITOR: "true" });
    expect(await broken.approve(code)).toEqual({ type: "approve" });
    expect(broken.written()).toContain("Cannot edit: exit 3 # ended with 3; set EDITOR to another");
  });
});

describe("reviewWords()", () => {
  it("reviewWords() shows what a terminal would obey or hide, and ends lines where code does", () => {
    const hostile = "a\u202eb\u200dc // \u001b[2K\u001b[1A ok\rFINAL('x')\u2028evil()";
    expect(
      reviewWords({ ...code, code: hostile })
        .split("\n")
        .slice(1),
    ).toEqual(["  | a\\u{202e}b\\u{200d}c // \\u{1b}[2K\\u{1b}[1A ok", "  | FINAL('x')", "  | evil()"]);
    expect(reviewWords({ ...answer, answer: "\u001b]0;title\u0007hi" })).toContain("| \\u{1b}]0;title\\u{7}hi");
    expect(reviewWords({ ...tool, args: { to: "\u202e\u001b" } })).toContain(String.raw`"to": "\u202e\u001b"`);
  });

  it("reviewWords() wraps long lines itself, so that none looks like its own", () => {
    const lines = reviewWords({ ...code, code: `x${" ".repeat(74)}Go on? y` }, 80).split("\n");
    expect(lines.slice(1)).toEqual([`  | x${" ".repeat(74)}`, "  | Go on? y"]);
    const wide = reviewWords({ ...code, code: "漢".repeat(80) }, 80).split("\n");
    expect(wide.slice(1).every((line) => line.startsWith("  | ") && line.length <= 42)).toBe(true);
    const many = reviewWords({ ...code, code: "1;\n".repeat(1000) });
    expect(many).toMatch(/ {2}\| … 601 more lines: e shows them$/);
  });

  it("reviewWords() says what a limit is, what is spent, and what waits", () => {
    expect(reviewWords({ ...budget, needed: 5, depth: 1 })).toBe(
      "The limit --calls is reached (child at depth 1, turn 2): it is 20, spent 18, the next call may need 5.\n3 sub-calls of the code wait for it.",
    );
    expect(reviewWords({ ...time, calls: 0 })).toMatch(/--duration .* spent 1 min\.\nWithout more, the run gives/s);
  });
});

/** A person who types these lines, each when asked. */
function person(typed: string[], env: Record<string, string> = {}) {
  const stderr = new PassThrough();
  const input = new PassThrough();
  let text = "";
  const lines = [...typed];
  stderr.on("data", (chunk: Buffer) => {
    text += String(chunk);
    // Of several lines each is asked for, but only the first says so.
    if (!/(: |:\n)$/.test(String(chunk))) return;
    const isText = String(chunk).endsWith(":\n");
    const count = isText ? lines.indexOf(".") + 1 : 1;
    if (lines.length === 0) input.end();
    else input.write(`${lines.splice(0, count).join("\n")}\n`);
  });
  const stop = new AbortController();
  const approve = askPerson({
    io: { stderr, env },
    terminal: { input, stdio: [0, 1, 2], close() {} },
    signal: stop.signal,
    quit: () => stop.abort(new Error("stopped")),
    alone: async (work) => await work(),
  });
  return { approve, written: () => text, stopped: () => stop.signal.aborted };
}
