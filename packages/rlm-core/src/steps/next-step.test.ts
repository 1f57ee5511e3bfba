import { describe, expect, it } from "vitest";
import type { JournalEvent, ReplyEvent } from "../journal.ts";
import { resolveLimits } from "../limits.ts";
import type { RlmState } from "../state.ts";
import { noUsage } from "../usage.ts";
import { nextStep, reachedLimit } from "./next-step.ts";

const reply = (text: string): ReplyEvent => ({
  type: "reply",
  text,
  left: { turn: 1, turns: 30, calls: 200 },
  usage: { inputTokens: 1, outputTokens: 1 },
  model: "m",
});
const code = reply("```repl\nprint(1)\n```");
const block: JournalEvent = { type: "block", code: "print(1)", clock: 0 };
const end: JournalEvent = { type: "end", output: { text: "1", chars: 1 }, computeMs: 0 };
const failed: JournalEvent = { ...end, error: { kind: "thrown", message: "Error: x" } };

function stateOf(journal: JournalEvent[], rest: Partial<RlmState> = {}): RlmState {
  const context = { name: "context", kind: "string", length: 1_000_000, ref: "sha256:0", prefix: "" } as const;
  const task = { query: "q", contexts: [context] };
  return {
    task,
    journal,
    pending: [],
    usage: noUsage,
    seed: 1,
    startedAt: 0,
    depth: 0,
    versions: { schema: 1, v8: "" },
    ...rest,
  };
}

describe("nextStep()", () => {
  const limits = resolveLimits();
  const short = {
    task: { query: "q", contexts: [{ name: "context", kind: "string", length: 63_999, ref: "", prefix: "" }] },
  } satisfies Partial<RlmState>;

  it("nextStep() follows a turn from its reply to the next", () => {
    expect(nextStep(stateOf([]), limits)).toBe("generate");
    expect(nextStep(stateOf([code]), limits)).toBe("execute");
    expect(nextStep(stateOf([code, block]), limits)).toBe("execute");
    expect(nextStep(stateOf([code, block, end]), limits)).toBe("generate");
    expect(nextStep(stateOf([reply("words")]), limits)).toBe("generate");
  });

  it("nextStep() ends with an outcome and waits for pending children", () => {
    expect(nextStep(stateOf([code], { outcome: { status: "final", answerRef: "", json: false } }), limits)).toBe("end");
    const pending = { id: 1, turn: 1, hash: "", queryRef: "", context: stateOf([]).task.contexts[0]!, depth: 1 };
    expect(nextStep(stateOf([code, block], { pending: [pending] }), limits)).toBe("submodel");
  });

  it("nextStep() goes direct only at the root and only below limits.directBelow", () => {
    expect(nextStep(stateOf([], short), limits)).toBe("direct");
    expect(nextStep(stateOf([], { ...short, depth: 1 }), limits)).toBe("generate");
    expect(nextStep(stateOf([], short), resolveLimits({ directBelow: 15_999 }))).toBe("generate");
    expect(nextStep(stateOf([], short), resolveLimits({ directBelow: 0 }))).toBe("generate");
  });

  it("nextStep() concludes at a limit, but never in the middle of a block", () => {
    expect(nextStep(stateOf([code, block, end], { limit: "tokens" }), limits)).toBe("conclude");
    expect(nextStep(stateOf([code, block], { limit: "tokens" }), limits)).toBe("execute");
    expect(nextStep(stateOf([code, block, end]), resolveLimits({ turns: 1 }))).toBe("conclude");
    expect(reachedLimit(stateOf([code, block, failed, reply("words")]), resolveLimits({ errors: 2 }))).toBe("errors");
    expect(reachedLimit(stateOf([code, block, failed]), resolveLimits({ errors: 2 }))).toBeUndefined();
  });

  it("nextStep() goes on with the step that concludes once its reply is there, whatever the limits are by then", () => {
    const last: JournalEvent = { ...reply("```repl\nFINAL(1)\n```"), concludes: "tokens" };
    for (const journal of [
      [code, block, end, last],
      [last, block],
      [last, block, failed],
    ]) {
      expect(nextStep(stateOf(journal), limits)).toBe("conclude");
      expect(reachedLimit(stateOf(journal, { limit: "calls" }), limits)).toBe("tokens");
    }
  });
});
