import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../journal.ts";
import type { Limits } from "../limits.ts";
import { runLoop } from "../loop.ts";
import type { ChatMessage, Model, ModelOptions, ModelReply } from "../model.ts";
import type { RlmEvent } from "../events.ts";
import { scriptedSandbox, type ScriptedStep } from "../testing/scripted-sandbox.ts";

const notes = `The canal stands in three texts, of 1881, 1902 and 1914; they are in the variable hits. ${"Nothing else was found. ".repeat(3)}`;
const code = "I look on.\n```repl\nprint(1)\n```";
const tooLong = Object.assign(new Error("This model's maximum context length is 8192 tokens"), { status: 400 });

interface Asked {
  messages: ChatMessage[];
  options: ModelOptions;
}

/** A run of as many turns that print 4,000 characters each, then the answer. */
async function run(
  turns: number,
  limits: Partial<Limits>,
  reply: (asked: Asked, number: number) => string | Error | ModelReply | undefined = () => undefined,
) {
  const asked: Asked[] = [];
  const events: RlmEvent[] = [];
  const model: Model = async (messages, options) => {
    asked.push({ messages: structuredClone(messages), options });
    const given = reply(asked.at(-1)!, asked.length) ?? (options.purpose === "compact" ? notes : code);
    if (given instanceof Error) throw given;
    return typeof given === "string" ? { text: given, usage: { inputTokens: 10, outputTokens: 5 } } : given;
  };
  const steps: ScriptedStep[] = Array.from({ length: turns }, (_, at) => ({ output: `${at + 1} word`.repeat(600) }));
  const result = await runLoop(
    { query: "q", context: "x" },
    { model, limits: { directBelow: 0, ...limits }, onEvent: (event) => events.push(event) },
    scriptedSandbox([[...steps, { answer: "the answer" }]]),
  );
  const journal = events.flatMap((event): JournalEvent[] => (event.type === "journal" ? [event.event] : []));
  const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  const compactions = journal.filter((event) => event.type === "compact");
  const purposes = asked.map(({ options }) => options.purpose);
  return { result, asked, journal, warnings, compactions, purposes };
}

describe("compactIfLong()", () => {
  it("compactIfLong() leaves a short history alone, and any at Infinity", async () => {
    for (const limits of [{}, { historyTokens: Infinity }])
      expect((await run(6, limits)).purposes).toEqual(Array(7).fill("root"));
  });

  it("compactIfLong() has the oldest turns summarised, several times, and keeps the beginning and the newest turns", async () => {
    const { result, asked, compactions, purposes, journal } = await run(7, { historyTokens: 6_000 });
    expect(result).toMatchObject({ answer: "the answer", status: "final" });
    expect(compactions.length).toBeGreaterThan(1);
    const stoodFor = compactions.map(({ turns }) => turns);
    expect(stoodFor).toEqual(stoodFor.toSorted((a, b) => a - b));
    expect(compactions[0]).toMatchObject({ text: notes.trim(), usage: { inputTokens: 10 }, model: "model" });
    // A call of the budget, not a turn.
    expect(result.usage.calls).toBe(8 + compactions.length);
    expect(journal.filter(({ type }) => type === "reply")).toHaveLength(8);
    for (const { messages } of asked) {
      expect(messages.slice(0, 2)).toEqual(asked[0]?.messages.slice(0, 2));
      expect(messages.map(({ role }) => role).join(" ")).toMatch(/^system user( assistant user)*$/);
    }
    const last = asked.at(-1)!.messages;
    expect(last[2]).toEqual({ role: "assistant", content: notes.trim() });
    expect(last[3]?.content).toContain(`turns 1 to ${compactions.at(-1)?.turns} were taken out`);
    expect(last.at(-1)?.content).toContain("7 word");
    expect(last.at(-1)?.content).toContain("Turn 8 of 30");
    expect(JSON.stringify(last)).not.toContain("1 word1 word");
    expect(purposes.at(-1)).toBe("root");
  });

  it("compactIfLong() asks on what was sent before: no newer turn is in it", async () => {
    const { asked, compactions } = await run(5, { historyTokens: 6_000 });
    const at = asked.findIndex(({ options }) => options.purpose === "compact");
    const { messages } = asked[at]!;
    const turns = compactions[0]?.turns ?? 0;
    const before = asked.findLast(({ messages: sent }, index) => index < at && sent.length === messages.length)!;
    expect(messages.slice(0, -1)).toEqual(before.messages.slice(0, -1));
    expect(messages.at(-1)?.content.startsWith(before.messages.at(-1)?.content ?? "-")).toBe(true);
    expect(messages.filter(({ role }) => role === "assistant")).toHaveLength(turns);
  });

  it("compactIfLong() does not loop where one turn alone is longer than the limit", async () => {
    const { result, purposes } = await run(3, { historyTokens: 1_000, outputChars: 10_000 });
    expect(result.answer).toBe("the answer");
    expect(purposes.filter((purpose) => purpose === "compact").length).toBeLessThanOrEqual(2);
  });

  it.each<[string, string | Error, RegExp]>([
    ["an empty reply", "<think>hm</think>", /the model wrote none/],
    ["code alone", code, /the model wrote none/],
    ["an error", new Error("no such thing"), /no such thing/],
  ])("compactIfLong() goes on with what turns began with after %s, and warns", async (_, given, words) => {
    const { result, compactions, warnings } = await run(5, { historyTokens: 6_000 }, ({ options }) =>
      options.purpose === "compact" ? given : undefined,
    );
    expect(result.answer).toBe("the answer");
    expect(compactions[0]?.text).toMatch(/^Turn 1: I look on\.\nIt printed 3,600 characters, which began:\n<output-/);
    expect(warnings.join("\n")).toMatch(words);
  });

  it("compactIfLong() spends no last call on a summary", async () => {
    const { purposes, compactions, warnings } = await run(9, { historyTokens: 6_000, calls: 6 });
    const first = compactions[0];
    expect(first).toBeDefined();
    expect(purposes.lastIndexOf("compact")).toBeLessThan(purposes.lastIndexOf("root"));
    const without = await run(9, { historyTokens: 6_000, calls: 5 });
    expect(without.purposes).not.toContain("compact");
    expect(without.warnings.join()).toContain("no model call is left for a summary");
    expect(without.result.status).toBe("concluded");
    expect(warnings.join()).not.toContain("undefined");
  });

  it("compactIfLong() goes on where the budget has no tokens for a summary", async () => {
    const { result, warnings } = await run(
      9,
      { historyTokens: 6_000, tokens: 24_000, maxOutputTokens: 1_000 },
      ({ options }) =>
        options.purpose === "root" ? { text: code, usage: { inputTokens: 4_000, outputTokens: 5 } } : undefined,
    );
    expect(result.status).toBe("concluded");
    expect(warnings.join()).toContain("limits.tokens");
  });

  it("compactIfLong() cuts notes that would fill the history themselves", async () => {
    const long = "A long story of the canal. ".repeat(2_000);
    const { compactions } = await run(5, { historyTokens: 6_000 }, ({ options }) =>
      options.purpose === "compact" ? long : undefined,
    );
    expect(compactions[0]?.text.length).toBeLessThan(9_000);
    expect(compactions[0]?.text).toContain("characters left out]");
  });
});

describe("withHistory()", () => {
  it("withHistory() compacts and asks again where the model refuses the messages as too long", async () => {
    const { result, purposes, compactions } = await run(3, {}, ({ messages, options }) =>
      options.purpose === "root" && messages.length > 6 ? tooLong : undefined,
    );
    expect(result.answer).toBe("the answer");
    expect(compactions.map(({ turns }) => turns)).toEqual([2]);
    expect(purposes).toEqual(["root", "root", "root", "root", "compact", "root"]);
  });

  it("withHistory() does so without a model where that refuses a summary too, and at the end of a run", async () => {
    const refuse = ({ messages }: Asked): Error | undefined => (messages.length > 4 ? tooLong : undefined);
    const { result, compactions } = await run(4, { turns: 4 }, (asked) =>
      asked.options.purpose === "conclude" && asked.messages.length <= 6
        ? "what there is"
        : asked.messages.length <= 6
          ? undefined
          : refuse(asked),
    );
    expect(result).toMatchObject({ status: "concluded", answer: "what there is" });
    expect(compactions.length).toBeGreaterThan(0);
  });

  it("withHistory() lets the error through where there is nothing to leave out", async () => {
    await expect(run(2, {}, ({ messages }) => (messages.length > 2 ? tooLong : undefined))).rejects.toThrow(
      "maximum context length",
    );
  });
});
