import { afterAll, describe, expect, it } from "vitest";
import type { RlmEvent } from "./events.ts";
import type { JournalEvent } from "./journal.ts";
import { runLoop } from "./loop.ts";
import type { Model } from "./model.ts";
import { isolate } from "./sandboxes/isolate/isolate.ts";
import { canonicalJournal } from "./turns.ts";

const sandbox = isolate();
afterAll(() => sandbox.close());

// Children beside plain calls, one that fails, and a second wave that depends on the first.
const code = `const asked = llm_query("plain one");
const children = await rlm_query_batched(["a", "b", "fail"].map((query) => ({ query, context: "text of " + query })));
const second = await rlm_query("c", children.filter((one) => !(one instanceof Error)).join());
FINAL([await asked, ...children.map((one) => (one instanceof Error ? "failed" : one)), second].join("; "))`;

const model: Model = async (messages, { purpose, depth }) => {
  if (purpose === "sub") return { text: `re ${messages[0]?.content}` };
  if (depth === 0) return { text: `\`\`\`repl\n${code}\n\`\`\`` };
  if (messages[1]?.content.includes("Question: fail") === true) throw new Error("no");
  return { text: "```repl\nprint(context); FINAL('read ' + context)\n```" };
};

async function play(
  deferChildren: boolean,
): Promise<{ answer: string; journals: Map<number, JournalEvent[]>; events: RlmEvent[] }> {
  const events: RlmEvent[] = [];
  const options = {
    model,
    sandbox,
    limits: { depth: 2, directBelow: 0 },
    onEvent: (event: RlmEvent) => events.push(event),
  };
  const { answer } = await runLoop({ query: "q", context: "the context" }, options, sandbox, { deferChildren });
  const journals = Map.groupBy(
    events.flatMap((event) => (event.type === "journal" ? [event] : [])),
    ({ depth }) => depth,
  );
  return {
    answer,
    events,
    journals: new Map([...journals].map(([depth, lines]) => [depth, lines.map(({ event }) => event)])),
  };
}

describe("runLoop()", () => {
  it("runLoop() gives the same answer and canonical journal whether children run inside of execute or between two steps", async () => {
    const inline = await play(false);
    const deferred = await play(true);
    expect(inline.answer).toBe(
      "re plain one; read text of a; read text of b; failed; read read text of a,read text of b",
    );
    expect(deferred.answer).toBe(inline.answer);
    expect(canonicalJournal(deferred.journals.get(0) ?? [])).toEqual(canonicalJournal(inline.journals.get(0) ?? []));
    const waits = deferred.journals.get(0)?.filter(({ type }) => type === "wait");
    expect(waits).toEqual([
      { type: "wait", ids: [2, 3, 4] },
      { type: "wait", ids: [5] },
    ]);
    expect(inline.journals.get(0)?.some(({ type }) => type === "wait")).toBe(false);
    const ends = (events: readonly RlmEvent[]) => events.filter(({ type }) => type === "query-end").length;
    expect(ends(deferred.events)).toBe(ends(inline.events));
  });

  it("runLoop() numbers deliveries and gives every event to the listener before the run ends", async () => {
    const { journals, events } = await play(false);
    const deliveries = journals.get(0)?.flatMap((event) => (event.type === "result" ? [event.delivery] : []));
    expect(deliveries).toEqual([1, 2, 3, 4, 5]);
    expect(events.at(-1)).toMatchObject({ type: "run-end", depth: 0, status: "final" });
  });

  it("runLoop() ends a run whose listener throws, with that error", async () => {
    const full = new Error("disk full");
    const onEvent = ({ type }: RlmEvent): void => {
      if (type === "query-start") throw full;
    };
    await expect(
      runLoop({ query: "q", context: "c" }, { model, limits: { directBelow: 0 }, onEvent }, sandbox),
    ).rejects.toBe(full);
  });
});
