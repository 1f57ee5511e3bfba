import { describe, expect, it } from "vitest";
import { allButNewest, historyShare, turnsToCompact } from "./history.ts";
import type { JournalEvent } from "./journal.ts";
import { resolveLimits } from "./limits.ts";
import type { PromptOptions } from "./prompt/messages.ts";
import { messagesFor } from "./prompt/messages.ts";
import { big } from "./prompt/profile.ts";
import type { RlmState } from "./state.ts";
import { estimateTokens } from "./tokens.ts";
import { noUsage } from "./usage.ts";

const left = { turn: 1, turns: 30, calls: 200 };
const limits = resolveLimits();
const surface = { contexts: [], queries: true, recursion: false, tools: [], models: [], limits };
const options: PromptOptions = { profile: big, surface };

function stateOf(journal: JournalEvent[]): RlmState {
  const task = { query: "Who spoke of the canal?", contexts: [] };
  return {
    task,
    journal,
    pending: [],
    usage: noUsage,
    seed: 9,
    startedAt: 0,
    depth: 0,
    versions: { schema: 1, v8: "" },
  };
}

/** A turn whose output is as many words. */
function turn(words: number): JournalEvent[] {
  const text = "word ".repeat(words);
  return [
    { type: "reply", text: "```repl\n1\n```", left, usage: { inputTokens: 1, outputTokens: 1 }, model: "m" },
    { type: "block", code: "1", clock: 0 },
    { type: "end", output: { text, chars: text.length }, computeMs: 1 },
  ];
}

const sent = (state: RlmState): number =>
  messagesFor(state, left, options).reduce((sum, { content }) => sum + estimateTokens(content), 0);

describe("turnsToCompact()", () => {
  it("turnsToCompact() is 0 up to the limit, and not above it", () => {
    // The newest two are much less than half of it, so the oldest alone is worth a summary.
    const state = stateOf([...turn(3000), ...turn(100), ...turn(100)]);
    let limit = 1_000;
    while (turnsToCompact(state, options, limit) > 0) limit++;
    expect(turnsToCompact(state, options, limit - 1)).toBe(1);
    // What would be sent, by the same estimate and a little high.
    expect(limit / sent(state)).toBeGreaterThan(0.97);
    expect(limit / sent(state)).toBeLessThan(1.05);
  });

  it("turnsToCompact() counts what a person said, and what a further run is told of those before it", () => {
    const edited = { type: "review", kind: "code", decision: "edit", code: "1".repeat(40_000) } as const;
    const [reply, block, end] = turn(10) as [JournalEvent, JournalEvent, JournalEvent];
    const variables = Array.from({ length: 50 }, (_, at) => ({
      name: `variable${at}`,
      type: "array",
      size: "9 elements",
    }));
    const task = { type: "task", runId: "r", run: 1, query: "q", contexts: [], variables } as const;
    for (const journal of [
      [reply, edited, { ...block, code: edited.code }, end, ...turn(10), ...turn(10)] as JournalEvent[],
      [task, ...turn(600), ...turn(10), ...turn(10)],
    ]) {
      const state = { ...stateOf(journal), earlier: [{ query: "before", contexts: [] }] };
      let limit = 1_000;
      while (turnsToCompact(state, options, limit) > 0) limit += 10;
      expect(limit / sent(state)).toBeGreaterThan(0.97);
    }
  });

  it("turnsToCompact() keeps one turn where two are more than half, and the newest always", () => {
    const limit = 4_000;
    expect(turnsToCompact(stateOf([...turn(900), ...turn(900), ...turn(100)]), options, limit)).toBe(1);
    expect(turnsToCompact(stateOf([...turn(900), ...turn(900), ...turn(1_500)]), options, limit)).toBe(2);
    expect(turnsToCompact(stateOf(turn(9_000)), options, limit)).toBe(0);
  });

  it("turnsToCompact() makes no call that would save less than a quarter of the limit", () => {
    const state = stateOf([...turn(100), ...turn(100), ...turn(9_000)]);
    expect(turnsToCompact(state, options, 4_000)).toBe(0);
  });

  it("turnsToCompact() counts on from the newest compaction", () => {
    const compact: JournalEvent = { type: "compact", text: "notes", turns: 2, variables: "" };
    const journal = [...turn(2_000), ...turn(2_000), ...turn(100), compact];
    expect(turnsToCompact(stateOf(journal), options, 5_000)).toBe(0);
    expect(allButNewest(stateOf(journal))).toBe(0);
    const longer = [...journal, ...turn(2_000), ...turn(2_000)];
    expect(turnsToCompact(stateOf(longer), options, 5_000)).toBe(4);
    expect(allButNewest(stateOf(longer))).toBe(4);
  });

  it("turnsToCompact() looks at each turn once, not again before every reply", () => {
    const journal = Array.from({ length: 30 }, () => turn(4_000)).flat();
    let read = 0;
    const watched = journal.map((event) =>
      event.type === "end"
        ? {
            ...event,
            output: {
              chars: 1,
              get text() {
                return (read++, event.output.text);
              },
            },
          }
        : event,
    );
    for (let at = 3; at <= watched.length; at += 3) turnsToCompact(stateOf(watched.slice(0, at)), options, 1e6);
    expect(read).toBe(30);
  });
});

describe("historyShare()", () => {
  it.each([
    [1_000_000, 850_000],
    [200_000, 170_000],
    [128_000, 108_800],
    [32_768, 17_909],
    [8_192, 4_096],
    [500, 1_000],
  ])("historyShare() of %i tokens is %i", (window, share) => {
    expect(historyShare(window, limits)).toBe(share);
  });
});
