import { MemorySaver } from "@langchain/langgraph";
import { isolate, memoryStore, type JournalEvent, type Model, type RunStore } from "rlm-core";
import { afterAll, describe, expect, it } from "vitest";
import { createRlm } from "./create-rlm.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

const thread = { configurable: { thread_id: "t" } };
const input = { query: "q", context: "the whole context ".repeat(100) };

/** A durable store that does nothing any more behind an event of a journal, as if its process had been killed there. */
function dyingStore(isLast: (event: JournalEvent) => boolean): { store: RunStore; revive: () => void } {
  const kept = memoryStore();
  const death = { isLast, hasCome: false };
  const alive = (): void => {
    if (death.hasCome) throw new Error("killed");
  };
  return {
    store: {
      ...kept,
      durable: true,
      async put(text) {
        alive();
        return await kept.put(text);
      },
      async append(key, entry) {
        alive();
        await kept.append(key, entry);
        const { event } = entry as { event?: JournalEvent };
        death.hasCome = event !== undefined && death.isLast(event);
      },
    },
    revive() {
      Object.assign(death, { isLast: () => false, hasCome: false });
    },
  };
}

/** Its code asks what a limit refuses; a turn that comes behind it would answer. */
function asking(code: string): { model: Model; asked: string[] } {
  const asked: string[] = [];
  const model: Model = async (messages, { purpose, depth }) => {
    asked.push(`${purpose} ${depth}`);
    const isFirst = messages.every(({ role }) => role !== "assistant");
    const text = purpose === "conclude" ? "what there is" : `\`\`\`repl\n${isFirst ? code : "FINAL('later')"}\n\`\`\``;
    return { text, usage: { inputTokens: 500, outputTokens: 5 } };
  };
  return { model: Object.assign(model, { modelName: "m" }), asked };
}

describe("rlm.invoke(null) where a limit had refused a call", () => {
  const tooMany = "try { await llm_query('x '.repeat(20000)) } catch (error) { print(error.message) }";
  const child = "try { await rlm_query('x '.repeat(20000), 'piece') } catch (error) { print(error.message) }";
  const limits = { tokens: 20_000, maxOutputTokens: 500, depth: 2, directBelow: 0 };

  it.each<[string, JournalEvent["type"], string]>([
    ["its result was written", "result", tooMany],
    ["its block's end was written", "end", tooMany],
    ["the result of a child was written", "result", child],
    ["the block's end behind a child was written", "end", child],
  ])("rlm.invoke(null) of a run killed after %s concludes as if undisturbed", async (_, type, code) => {
    const { model, asked } = asking(code);
    const { store, revive } = dyingStore((event) => event.type === type);
    const rlm = createRlm({ model, sandbox, store, checkpointer: new MemorySaver(), limits });
    await expect(rlm.invoke(input, thread)).rejects.toThrow("killed");
    revive();
    const { runId, ...result } = await rlm.invoke(null, thread);
    expect(result).toMatchObject({ status: "concluded", limit: "tokens", answer: "what there is" });
    expect(asked.filter((purpose) => purpose === "root 0")).toHaveLength(1);
    const refused = (await rlm.trajectory(runId)).runs.get(runId)?.journal.find((event) => event.type === "result");
    expect(refused).toMatchObject({ ok: false, limit: "tokens" });
    await rlm.close();
  });
});
