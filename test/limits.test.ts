import { mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { BudgetError, isolate, runRlm, type Limits, type RlmEvent } from "rlm-core";
import { childPids, repl, ruleModel, turnOf } from "./scenario.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

// A folder for temporary files that no other test uses.
const temporary = mkdtempSync(join(tmpdir(), "rlm-limits-"));
process.env["TMPDIR"] = temporary;

const context = "word ".repeat(20_000);

/** A run whose root plays `codes` turn by turn (the last one again and again), with `limits`. */
async function play(
  codes: string[],
  limits: Partial<Limits>,
  sub: (prompt: string, signal: AbortSignal) => string | Promise<string> = (prompt) => `re: ${prompt}`,
) {
  const events: RlmEvent[] = [];
  const model = ruleModel((messages, { purpose, signal }) => {
    if (purpose === "sub") return sub(messages[0]?.content ?? "", signal);
    if (purpose === "conclude") return "the best there is";
    return repl(codes[Math.min(turnOf(messages), codes.length) - 1] ?? "");
  });
  const result = await runRlm(
    { query: "q", context },
    { model, sandbox, limits: { directBelow: 0, ...limits }, onEvent: (event) => events.push(event) },
  );
  return { result, model, events };
}

/** What the code of the last block printed. */
function printed(events: readonly RlmEvent[]): string {
  const ends = events.flatMap((event) => (event.type === "journal" && event.event.type === "end" ? [event.event] : []));
  return ends.map(({ output, error }) => `${output.text}${error?.message ?? ""}`).join("\n");
}

describe("limits that conclude a run", () => {
  it("runRlm() concludes at limits.turns with what it has, and says so", async () => {
    const { result, model } = await play(["print('still looking')"], { turns: 3 });
    expect(result).toMatchObject({ answer: "the best there is", status: "concluded", limit: "turns" });
    expect(model.calls.map(({ options }) => options.purpose)).toEqual(["root", "root", "root", "conclude"]);
  });

  it("runRlm() never makes more calls than limits.calls, the concluding one included", async () => {
    const { result, model, events } = await play(
      [
        "const all = await llm_query_batched(Array.from({ length: 20 }, (_, i) => 'p' + i)); print(all.filter((one) => one instanceof Error).length)",
      ],
      { calls: 8 },
    );
    expect(result).toMatchObject({ status: "concluded", limit: "calls" });
    expect(model.calls).toHaveLength(8);
    expect(result.usage.calls).toBe(8);
    expect(printed(events)).toContain("14");
  });

  it("runRlm() never spends more than limits.tokens", async () => {
    const model = ruleModel((_, { purpose }) => ({
      text: purpose === "conclude" ? "done" : repl("print(1)"),
      usage: { inputTokens: 4000, outputTokens: 900 },
    }));
    const result = await runRlm(
      { query: "q", context },
      { model, sandbox, limits: { directBelow: 0, tokens: 60_000, maxOutputTokens: 1000 } },
    );
    expect(result).toMatchObject({ status: "concluded", limit: "tokens" });
    const spent = result.usage.inputTokens + result.usage.outputTokens;
    expect(spent).toBeGreaterThan(50_000);
    expect(spent).toBeLessThanOrEqual(60_000);
  });

  it("runRlm() never spends more than limits.costUsd by the price table", async () => {
    const model = Object.assign(
      ruleModel((_, { purpose }) => ({
        text: purpose === "conclude" ? "done" : repl("print(1)"),
        usage: { inputTokens: 1000, outputTokens: 1000 },
      })),
      { modelName: "priced" },
    );
    const prices = { priced: { inputPerMillion: 10, outputPerMillion: 100 } };
    const result = await runRlm(
      { query: "q", context },
      { model, sandbox, prices, limits: { directBelow: 0, costUsd: 3, maxOutputTokens: 1000 } },
    );
    expect(result).toMatchObject({ status: "concluded", limit: "costUsd" });
    expect(result.usage.costUsd).toBeGreaterThan(2);
    expect(result.usage.costUsd).toBeLessThanOrEqual(3);
  });

  it("runRlm() refuses limits.costUsd for a model without a price, before it is asked", async () => {
    const model = ruleModel(() => "never");
    await expect(
      runRlm({ query: "q", context }, { model, sandbox, limits: { directBelow: 0, costUsd: 3 } }),
    ).rejects.toThrow(/has no price/);
    expect(model.calls).toHaveLength(0);
  });

  it("runRlm() stops requests that are under way when limits.durationMs is used up, and concludes", async () => {
    const never = (_: string, signal: AbortSignal): Promise<string> =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const { result, events } = await play(["print('seen'); await llm_query('slow')"], { durationMs: 1500 }, never);
    expect(result).toMatchObject({ status: "concluded", limit: "durationMs", answer: "the best there is" });
    expect(printed(events)).toContain("limits.durationMs is 1500");
  });

  it("runRlm() concludes after limits.errors failed turns in a row", async () => {
    const { result, model } = await play(["print('one')", "throw new Error('bad')"], { errors: 2 });
    expect(result).toMatchObject({ status: "concluded", limit: "errors" });
    expect(model.calls).toHaveLength(4);
  });

  it("runRlm() takes a variable that the concluding reply hands over by FINAL", async () => {
    const model = ruleModel((messages, { purpose }) =>
      repl(purpose === "conclude" ? "FINAL(found)" : `const found = ["a", ${turnOf(messages)}]; print(found)`),
    );
    const result = await runRlm({ query: "q", context }, { model, sandbox, limits: { directBelow: 0, turns: 2 } });
    expect(result).toMatchObject({ status: "concluded", limit: "turns", answer: '["a",2]' });
    expect(model.calls.at(-1)?.messages.at(-1)?.content).toMatch(/found \(array/);
  });

  it("runRlm() shows a concluding model the limit, and first the results that came last, however many variables there are", async () => {
    const codes = [
      "for (let i = 0; i < 100; i++) globalThis['a' + i] = i; const old = 'x'.repeat(5000); print('made')",
      "const zebra = (await llm_query_batched(['first', 'second'])); print('asked')",
      "await llm_query('too much')",
    ];
    const { result, model } = await play(codes, { calls: 6 }, (prompt) => `the reply to ${prompt}`);
    expect(result).toMatchObject({ status: "concluded", limit: "calls" });
    const [shown = ""] =
      /<variables-[\s\S]*<\/variables/.exec(model.calls.at(-1)?.messages.at(-1)?.content ?? "") ?? [];
    const lines = shown.split("\n");
    expect(model.calls.at(-1)?.messages.at(-1)?.content).toContain("has reached its limit on calls");
    expect(lines[1]).toBe('zebra (array, 2 elements): ["the reply to first", "the reply to second"]');
    expect(lines[2]).toMatch(/^old \(string, 5,000 characters\): x{150,200}$/);
    expect(lines.at(-2)).toMatch(/^and 52 more, such as a/);
  });

  it("runRlm() warns once of a model that the prices lack, and names it in its usage", async () => {
    const events: RlmEvent[] = [];
    const root = Object.assign(
      ruleModel((messages) =>
        repl(turnOf(messages) === 1 ? "print(await llm_query_batched(['a', 'b', 'c']))" : "FINAL('done')"),
      ),
      { modelName: "priced" },
    );
    const subModel = Object.assign(
      ruleModel(() => "four"),
      { modelName: "unknown" },
    );
    const prices = { priced: { inputPerMillion: 1, outputPerMillion: 1 } };
    const options = { model: root, subModel, sandbox, limits: { directBelow: 0 } };
    const onEvent = (event: RlmEvent): void => void events.push(event);
    const { usage } = await runRlm({ query: "q", context }, { ...options, prices, onEvent });
    expect(usage.unpriced).toEqual(["unknown"]);
    const warnings = () => events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    expect(warnings()).toEqual([
      'The model "unknown" is not among the prices: what it costs is not counted, and usage.unpriced names it',
    ]);
    // Who gives no prices wants no dollars.
    events.length = 0;
    await runRlm({ query: "q", context }, { ...options, onEvent });
    expect(warnings()).toEqual([]);
  });

  it("runRlm() refuses limits.costUsd for a sub-model without a price before anything is asked, unless there are no sub-calls", async () => {
    const model = Object.assign(
      ruleModel((messages) => repl(turnOf(messages) === 1 ? "print(1)" : "FINAL('done')")),
      { modelName: "priced" },
    );
    const nameless = ruleModel(() => "never");
    const large = Object.assign(
      ruleModel(() => "never"),
      { modelName: "large" },
    );
    const prices = { priced: { inputPerMillion: 1, outputPerMillion: 1 } };
    const options = { model, subModel: { default: nameless, large }, sandbox, prices };
    const limits = { directBelow: 0, costUsd: 3 };
    await expect(runRlm({ query: "q", context }, { ...options, limits })).rejects.toThrow(
      /^Cannot keep to limits.costUsd: the models "model", "large" have no price; give prices: \{ "model": .*, "large": /,
    );
    expect(model.calls).toHaveLength(0);
    const without = { ...options, limits: { ...limits, depth: 0 } };
    expect((await runRlm({ query: "q", context }, without)).answer).toBe("done");
  });

  it("runRlm() asks for a conclusion where all replies were words", async () => {
    const model = ruleModel((_, { purpose }) => (purpose === "conclude" ? "It is seven." : "The answer is seven."));
    const result = await runRlm({ query: "q", context }, { model, sandbox, limits: { directBelow: 0, turns: 3 } });
    expect(result).toMatchObject({ status: "concluded", limit: "turns", answer: "It is seven." });
  });

  it("runRlm() says why nothing was gained: what a call would have needed, or why the last answer was none", async () => {
    await expect(play(["print(1)"], { tokens: 5000 })).rejects.toThrow(
      /limits.tokens is 5000, spent 0, and the next call may need \d{4,}/,
    );
    const model = ruleModel((_, { purpose }) => (purpose === "conclude" ? "seven" : "words"));
    const responseFormat = { type: "integer" };
    const wrong = runRlm(
      { query: "q", context },
      { model, sandbox, responseFormat, limits: { directBelow: 0, turns: 2 } },
    );
    await expect(wrong).rejects.toMatchObject({
      limit: "turns",
      cause: { message: expect.stringMatching(/holds no JSON/) },
    });
  });

  it("runRlm() answers with its last output where no call is left to conclude, and throws where nothing was gained", async () => {
    const { result } = await play(["print('only this')"], { calls: 1 });
    expect(result).toMatchObject({ status: "concluded", limit: "calls", answer: "only this" });
    const nothing = play(["throw new Error('bad')"], { calls: 1 });
    await expect(nothing).rejects.toThrow(BudgetError);
    await expect(nothing).rejects.toMatchObject({ code: "budget", limit: "calls", max: 1, spent: 1 });
  });
});

describe("limits that are an error for the code", () => {
  it("runRlm() sends limits.maxOutputTokens along with every request", async () => {
    const { model } = await play(["FINAL(await llm_query('p'))"], { maxOutputTokens: 321 });
    expect(model.calls.map(({ options }) => options.maxOutputTokens)).toEqual([321, 321]);
  });

  it("runRlm() refuses a sub-call over limits.promptChars and goes on", async () => {
    const { result, events } = await play(
      [
        "print(context.length); try { await llm_query('x'.repeat(1001)) } catch (error) { print(error.message) }",
        "FINAL('ok')",
      ],
      { promptChars: 1000 },
    );
    expect(result).toMatchObject({ status: "final", answer: "ok" });
    expect(printed(events)).toMatch(/1,?001.*1,?000/);
  });

  it("runRlm() tells the code that an answer is over limits.answerChars, never shortens it", async () => {
    const { result, events } = await play(["print(1); FINAL('x'.repeat(2000))", "FINAL('short')"], {
      answerChars: 1000,
    });
    expect(result.answer).toBe("short");
    expect(printed(events)).toMatch(/2,?000.*1,?000/);
  });

  it("runRlm() gives an answer whole that is longer than any reply may be", async () => {
    const page = (prompt: string): string => `${prompt}: ${"word ".repeat(70).trim()}`;
    const pages = Array.from({ length: 50 }, (_, at) => `page ${at}`);
    const code = `FINAL((await llm_query_batched(${JSON.stringify(pages)})).join(" "))`;
    const { result, model } = await play([code], { maxOutputTokens: 100 }, page);
    expect(result).toMatchObject({ status: "final", answer: pages.map(page).join(" ") });
    expect(model.calls).toHaveLength(51);
  });

  it("runRlm() stops a block at limits.computeMs, rolls it back and goes on", async () => {
    const { result, events } = await play(
      ["var kept = 1; print(kept)", "kept = 2; while (true) {}", "FINAL('kept ' + kept)"],
      { computeMs: 500 },
    );
    expect(result).toMatchObject({ status: "final", answer: "kept 1" });
    expect(printed(events)).toContain("500");
  });

  it("runRlm() costs a block none of limits.computeMs while it waits", async () => {
    const late = Promise.withResolvers<string>();
    const { result } = await play(["const reply = await llm_query('slow'); FINAL(reply)"], { computeMs: 300 }, () => {
      setTimeout(() => late.resolve("late"), 900);
      return late.promise;
    });
    expect(result.answer).toBe("late");
  });

  it("runRlm() survives a block that uses up limits.heapMb", async () => {
    const { result, events } = await play(
      ["print(1)", "const all = []; while (true) all.push(new Array(1000).fill(all.length))", "FINAL(typeof all)"],
      { heapMb: 32, computeMs: 20_000 },
    );
    expect(result).toMatchObject({ status: "final", answer: "undefined" });
    expect(printed(events)).toMatch(/memory/);
  });

  it("runRlm() shows at most limits.outputChars of a turn, head and tail", async () => {
    const { events } = await play(["print('begin' + '.'.repeat(5000) + 'end')", "FINAL('ok')"], { outputChars: 300 });
    expect(printed(events)).toMatch(/^begin[\s\S]*end/);
    expect(printed(events).length).toBeLessThan(450);
  });

  it("runRlm() holds at most limits.concurrency requests at once, and the others wait", async () => {
    let now = 0;
    let most = 0;
    const { result } = await play(
      ["const all = await llm_query_batched(Array.from({ length: 12 }, (_, i) => 'p' + i)); FINAL(all.length)"],
      { concurrency: 3 },
      async (prompt) => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        return prompt;
      },
    );
    expect(result.answer).toBe("12");
    expect(most).toBe(3);
  });

  it("runRlm() gives the code no query functions at depth 0", async () => {
    const { result, model } = await play(
      ["FINAL([typeof llm_query, typeof rlm_query, typeof llm_map, context.length].join())"],
      { depth: 0 },
    );
    expect(result.answer).toBe("undefined,undefined,undefined,100000");
    expect(model.calls[0]?.messages[0]?.content).not.toContain("llm_query");
  });

  it("runRlm() answers a short context directly, and says so", async () => {
    const model = ruleModel((messages) => `read ${messages[1]?.content.length}`);
    const result = await runRlm({ query: "How many words?", context: "one two three" }, { model, sandbox });
    expect(result).toMatchObject({ status: "direct", usage: { calls: 1 } });
    expect(model.calls[0]?.messages[1]?.content).toContain("one two three");
  });

  it("runRlm() tells the model when little is left", async () => {
    const { model } = await play(["print(1)"], { calls: 10 });
    expect(model.calls[8]?.messages.at(-1)?.content).toMatch(/Little is left of the limit on model calls/);
    expect(model.calls[3]?.messages.at(-1)?.content).not.toMatch(/Little is left/);
  });
});

describe("after all of these runs", () => {
  it("runRlm() has left no process, no timer and no temporary file behind", async () => {
    await sandbox.close();
    expect(childPids()).toEqual([]);
    // This test's own time limit is one.
    expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBeLessThanOrEqual(1);
    expect(tmpdir()).toBe(temporary);
    expect(readdirSync(temporary)).toEqual([]);
    rmdirSync(temporary);
  });
});
