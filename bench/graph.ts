import { setTimeout } from "node:timers/promises";
import { MemorySaver } from "@langchain/langgraph";
import { runRlm, type Model } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { createRlm } from "rlm-langgraph";
import { medianRatios, ms, type Row } from "./measure.ts";

const goal = 1.15;
const calls = 200;

/** Code that waits for sub-calls in different ways, and what it answers. */
const shapes = [
  {
    what: "a batch of 200",
    code: `
      const replies = await llm_query_batched(Array.from({ length: ${calls} }, (_, i) => "Item " + i));
      FINAL(String(replies.length));`,
    replies: calls,
  },
  {
    what: "50 one by one",
    code: `
      let count = 0;
      for (let i = 0; i < 50; i++) if (await llm_query("Item " + i)) count++;
      FINAL(String(count));`,
    replies: 50,
  },
  {
    what: "20 chains of 5",
    code: `
      let count = 0;
      const chain = async (i) => {
        let reply = "Item " + i;
        for (let step = 0; step < 5; step++) { reply = await llm_query(reply + ", step " + step); count++; }
      };
      await Promise.all(Array.from({ length: 20 }, (_, i) => chain(i)));
      FINAL(String(count));`,
    replies: 100,
  },
  {
    what: "8 workers, 200 uneven",
    code: `
      let next = 0, count = 0;
      const worker = async () => { while (next < ${calls}) { await llm_query("Uneven item " + next++); count++; } };
      await Promise.all(Array.from({ length: 8 }, worker));
      FINAL(String(count));`,
    replies: calls,
  },
];

/** The same code by the loop and by the graph, without a checkpointer and with one. */
export async function graphBesideLoop(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { what, code, replies } of shapes) {
    const check = ({ answer }: { answer: string }): void => {
      if (answer !== String(replies)) throw new Error(`Expected ${replies} replies, got ${answer}`);
    };
    const loop = async (): Promise<void> => check(await runRlm(input, options(code)));
    const graph = async (): Promise<void> => check(await createRlm(options(code)).invoke(input));
    const saved = async (): Promise<void> => {
      const rlm = createRlm({ ...options(code), checkpointer: new MemorySaver() });
      check(await rlm.invoke(input, { configurable: { thread_id: "bench" } }));
    };
    const { bare, others } = await medianRatios(5, loop, [graph, saved]);
    for (const [at, { ours, ratio }] of others.entries()) {
      rows.push({
        what: `${at === 0 ? "graph" : "graph and MemorySaver"}, ${what}`,
        ours: ms(ours),
        beside: "the loop",
        bare: ms(bare),
        result: `${ratio.toFixed(2)} times (goal: at most ${goal})`,
      });
    }
  }
  return rows;
}

const input = { query: "How many replies?", context: "x".repeat(100_000) };

function options(code: string) {
  return {
    model: scriptedModel([`\`\`\`repl${code}\n\`\`\``]),
    subModel: reply,
    limits: { concurrency: 16, calls: calls + 10, directBelow: 0 },
  };
}

const reply: Model = async ([asked]) => {
  const uneven = /^Uneven item (\d+)/.exec(asked?.content ?? "")?.[1];
  await setTimeout(uneven === undefined ? 50 : latencies[Number(uneven)]);
  return { text: "A reply.", usage: { inputTokens: 10, outputTokens: 3 } };
};

// Most answers come soon, a few late: a Pareto distribution from 5 ms on, cut at 200 ms, the same in every run.
const latencies = Array.from({ length: calls }, (_, i) => Math.min(200, 5 / (1 - ((i * 0.618034) % 1)) ** (1 / 1.1)));
