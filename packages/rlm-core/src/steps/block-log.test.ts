import { describe, expect, it } from "vitest";
import type { RlmEvent } from "../events.ts";
import type { JournalEvent } from "../journal.ts";
import type { Run } from "../run.ts";
import type { RlmState } from "../state.ts";
import { memoryStore } from "../stores/memory.ts";
import { openBlockLog } from "./block-log.ts";

const reply: JournalEvent = {
  type: "reply",
  text: "```repl\n1\n```",
  left: { turn: 1, turns: 30, calls: 200 },
  usage: { inputTokens: 1, outputTokens: 1 },
  model: "m",
};
const block: JournalEvent = { type: "block", code: "1", clock: 0 };
const call: JournalEvent = { type: "call", id: 1, kind: "llm", hash: "h" };
const result: JournalEvent = { type: "result", id: 1, hash: "h", ok: true, ref: "sha256:0", json: false, delivery: 1 };

describe("openBlockLog()", () => {
  it("openBlockLog() finds what was written ahead when a step is tried again, and nothing older", async () => {
    const store = memoryStore();
    const events: RlmEvent[] = [];
    const run = {
      store,
      logKey: "run/log",
      id: "run",
      emit: (event: RlmEvent) => events.push(event),
    } as unknown as Run;
    const state = (journal: JournalEvent[]) => ({ journal, depth: 0 }) as unknown as RlmState;

    const written = { ...result, ref: await store.put("text") };
    const log = await openBlockLog(state([reply]), run);
    await log.add(block);
    await log.add(call);
    await log.add(written, "text");
    expect(events).toHaveLength(3);
    expect(events[2]).toMatchObject({ type: "journal", turn: 1, index: 3, event: written, text: "text" });

    // The step's own state was lost: another try begins where it began.
    const again = await openBlockLog(state([reply]), run);
    expect(again.journal).toEqual([reply, block, call, written]);
    // Told again, for a listener may not have heard of it.
    expect(events.slice(3)).toEqual(events.slice(0, 3));
    // The state was saved: what is in the log is in it.
    const later = await openBlockLog(state([reply, block, call, written, reply]), run);
    expect(later.journal).toHaveLength(5);
  });

  it("openBlockLog() finds what came after events that a crashed step writes ahead once more", async () => {
    const store = memoryStore();
    const run = { store, logKey: "run/log", id: "run", emit: () => {} } as unknown as Run;
    const state = (journal: JournalEvent[]) => ({ journal, depth: 0 }) as unknown as RlmState;
    const child: JournalEvent = { ...result, ref: await store.put("child") };
    const later: JournalEvent = { ...result, id: 2, ref: await store.put("paid"), delivery: 2 };
    // A graph's step writes the results of children ahead, then goes on from a state that has them.
    const children = await openBlockLog(state([reply, block, call]), run);
    await children.add(child, "child");
    const rest = await openBlockLog(state([reply, block, call, child]), run);
    await rest.add(later, "paid");
    // The crash: the step begins again from the first state.
    const again = await openBlockLog(state([reply, block, call]), run);
    if (again.journal.length === 3) await again.add(child, "child");
    const restAgain = await openBlockLog(state([reply, block, call, child]), run);
    expect(restAgain.journal).toEqual([reply, block, call, child, later]);
    // And once more: by now the log has them in another order than the journal.
    const third = await openBlockLog(state([reply, block, call]), run);
    expect(third.journal).toEqual([reply, block, call, child, later]);
  });

  it("openBlockLog() of a step on which two processes work finds one of their journals, the longest, and none made of both", async () => {
    const store = memoryStore();
    const open = async () =>
      await openBlockLog(
        { journal: [reply], depth: 0 },
        {
          store,
          logKey: "run/log",
          id: "run",
          emit: () => {},
        },
      );
    const resultOf = async (id: number, delivery: number): Promise<JournalEvent> => ({
      ...result,
      id,
      delivery,
      ref: await store.put(`text ${id}`),
    });
    const calls: JournalEvent[] = [call, { ...call, id: 2 }];
    const [one, other] = [await open(), await open()];
    // In turns, each with its own clock, and their results come in another order.
    const ones = [block, ...calls, await resultOf(1, 1), await resultOf(2, 2)];
    const others = [{ ...block, clock: 7 }, ...calls, await resultOf(2, 1), await resultOf(1, 2)];
    for (const [index, event] of ones.entries()) {
      await other.add(others[index]!);
      await one.add(event);
    }
    expect((await open()).journal).toEqual([reply, ...others]);
    const end: JournalEvent = { type: "wait", ids: [] };
    await one.add(end);
    expect((await open()).journal).toEqual([reply, ...ones, end]);
  });
});
