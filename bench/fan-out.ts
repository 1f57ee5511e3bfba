import { setTimeout } from "node:timers/promises";
import pLimit from "p-limit";
import { runRlm } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { median, ms, type Row } from "./measure.ts";

const calls = 200;
const concurrency = 32;
const goal = 1.25;

/** A whole run that makes its sub-calls in one batch, beside a loop that makes the same calls with p-limit alone. */
export async function fanOut(): Promise<Row[]> {
  const code = `
    const replies = await llm_query_batched(Array.from({ length: ${calls} }, (_, i) => "Item " + i));
    FINAL(String(replies.length));`;
  const ours = await median(5, async () => {
    const { answer } = await runRlm(
      { query: "How many replies?", context: "x".repeat(100_000) },
      {
        model: scriptedModel([`\`\`\`repl${code}\n\`\`\``]),
        subModel: reply,
        limits: { concurrency, calls: calls + 10, directBelow: 0 },
      },
    );
    if (answer !== String(calls)) throw new Error(`Expected ${calls} replies, got ${answer}`);
  });
  const bare = await median(5, async () => {
    const limit = pLimit(concurrency);
    await Promise.all(Array.from({ length: calls }, () => limit(reply)));
  });
  const ratio = ours / bare;
  return [
    {
      what: `${calls} sub-calls of 50 ms, ${concurrency} at once`,
      ours: ms(ours),
      beside: "p-limit alone",
      bare: ms(bare),
      result: `${ratio.toFixed(2)} times (goal: at most ${goal})`,
    },
  ];
}

async function reply() {
  await setTimeout(50);
  return { text: "A reply.", usage: { inputTokens: 10, outputTokens: 3 } };
}
