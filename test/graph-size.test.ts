import { BaseTracer, type Run } from "@langchain/core/tracers/base";
import { SimpleChatModel } from "@langchain/core/language_models/chat_models";
import type { BaseMessage } from "@langchain/core/messages";
import { MemorySaver } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import type { Limits } from "rlm-core";
import { createRlm } from "rlm-langgraph";
import { repl } from "./scenario.ts";

/** A chat model that plays `codes` as a root, and answers each sub-call with a short text. */
class ScriptChat extends SimpleChatModel {
  prompts = 0;
  readonly codes: readonly string[];
  constructor(codes: readonly string[]) {
    super({});
    this.codes = codes;
  }
  override _llmType(): string {
    return "script";
  }
  override async _call(messages: BaseMessage[]): Promise<string> {
    if (messages[0]?.type === "system") {
      const turn = messages.filter(({ type }) => type === "ai").length;
      return repl(this.codes[Math.min(turn, this.codes.length - 1)] ?? "");
    }
    this.prompts += messages[0]?.text.length ?? 0;
    return "seen";
  }
}

/** Adds up what a tracer that sends its runs away would send: each run's inputs when it begins, its outputs when it ends. */
class CountingTracer extends BaseTracer {
  override name = "counting";
  bytes = 0;
  runs: string[] = [];
  protected override async persistRun(): Promise<void> {}
  override async onRunCreate({ name, inputs, serialized, extra }: Run): Promise<void> {
    this.runs.push(name);
    this.bytes += JSON.stringify({ name, inputs, serialized, extra }).length;
  }
  override async onRunUpdate({ outputs, error, events }: Run): Promise<void> {
    this.bytes += JSON.stringify({ outputs, error, events }).length;
  }
}

/** Bytes that a saver keeps: checkpoints, their metadata, and writes. */
function savedBytes({ storage, writes }: MemorySaver): number {
  const bytesIn = (value: unknown): number => {
    if (value instanceof Uint8Array) return value.length;
    return typeof value === "object" && value !== null
      ? Object.values(value).reduce((sum: number, part) => sum + bytesIn(part), 0)
      : 0;
  };
  return bytesIn(storage) + bytesIn(writes);
}

async function play(codes: readonly string[], context: string, limits: Partial<Limits>) {
  const tracer = new CountingTracer();
  const saver = new MemorySaver();
  const chat = new ScriptChat(codes);
  const rlm = createRlm({ model: chat, checkpointer: saver, limits: { calls: 1_000, tokens: Infinity, ...limits } });
  const result = await rlm.invoke(
    { query: "What is there?", context },
    { callbacks: [tracer], configurable: { thread_id: "1" } },
  );
  const { runs } = await rlm.trajectory(result.runId);
  const journals = [...runs.values()].reduce((sum, { journal }) => sum + JSON.stringify(journal).length, 0);
  return { result, traced: tracer.bytes, runs: tracer.runs, saved: savedBytes(saver), prompts: chat.prompts, journals };
}

const twentyMb = `${"Nothing to be seen here. ".repeat(400_000)}The needle is 4711. ${"And nothing here. ".repeat(560_000)}`;

describe("what leaves the process", () => {
  it("createRlm() over 20 MB for a needle: tracer and checkpointer receive under 1 % of the text", async () => {
    const { result, traced, saved } = await play(
      ["print(context.length, find('needle'))", "FINAL(/needle is (\\d+)/.exec(context)[1])"],
      twentyMb,
      {},
    );
    expect(result.answer).toBe("4711");
    console.log(`needle: traced ${traced}, saved ${saved} of ${twentyMb.length}`);
    expect(traced).toBeLessThan(twentyMb.length / 100);
    expect(saved).toBeLessThan(twentyMb.length / 100);
  });

  it("createRlm() over 20 MB as a full map: traced at most 1.2 times the prompts, checkpoints under 1 %", async () => {
    const { result, traced, saved, prompts, runs } = await play(
      [
        `const pieces = []; for (let at = 0; at < context.length; at += 100_000) pieces.push(context.slice(at, at + 100_000));
         const seen = await llm_query_batched(pieces); print(seen.length); FINAL(seen.filter((one) => one === "seen").length)`,
      ],
      twentyMb,
      {},
    );
    expect(result.answer).toBe("201");
    expect(runs.filter((name) => name === "llm_query")).toHaveLength(201);
    console.log(`full map: traced ${traced} for prompts of ${prompts}, saved ${saved}`);
    expect(prompts).toBe(twentyMb.length);
    expect(traced).toBeLessThanOrEqual(1.2 * prompts);
    expect(saved).toBeLessThan(twentyMb.length / 100);
  });

  it.each([
    [
      "in one block",
      ["let n = 0; for (let i = 0; i < 500; i++) { await llm_query('item ' + i); n++ } print(n)", "FINAL(n)"],
    ],
    [
      "over 25 turns",
      [
        "var n = n ?? 0; for (let i = 0; i < 20; i++) { await llm_query('item ' + n); n++ } print(n); if (n === 500) FINAL(n)",
      ],
    ],
  ])(
    "createRlm() makes 500 sequential sub-calls %s: checkpoints are at most 10 times the journal",
    async (_name, codes) => {
      const { result, saved, journals } = await play(codes, "x".repeat(100_000), {});
      expect(result).toMatchObject({ answer: "500", status: "final" });
      console.log(`500 sequential: saved ${saved}, journal ${journals}`);
      expect(saved).toBeLessThanOrEqual(10 * journals);
    },
  );
});
