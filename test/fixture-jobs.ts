import type { Model, RlmOptions } from "rlm-core";
import { context, jobLimits, replyTo } from "./resume-job.ts";
import { repl, turnOf } from "./scenario.ts";

export interface FixtureJob extends Pick<RlmOptions, "model" | "limits" | "tools"> {
  name: string;
  context: string;
  /** Whether the context is a file of rows, which is read in parts and given to a child as a reference. */
  rows?: boolean;
}

/** One run for each thing that a trajectory may hold. */
export const fixtureJobs: FixtureJob[] = [
  {
    name: "depth-0",
    context,
    limits: { depth: 0, directBelow: 0 },
    model: writes([
      "const words = context.split(' '); print(words.length, Math.random(), Date.now())",
      "FINAL({ words: words.length })",
    ]),
  },
  {
    name: "depth-1",
    context,
    limits: { depth: 1, directBelow: 0 },
    model: writes([
      "const replies = await llm_query_batched(['one', 'two', 'three']); missing(); ",
      "const late = rlm_query('four', context.slice(0, 20)); print(replies); FINAL([...replies, await late].join())",
    ]),
  },
  {
    name: "depth-2",
    context,
    limits: jobLimits,
    tools: [{ name: "look", description: "Looks.", parameters: { type: "object" }, run: async () => "looked" }],
    model: async (messages, options) => ({ text: replyTo(messages, options).text }),
  },
  {
    name: "failed",
    context,
    limits: { depth: 1, directBelow: 0 },
    model: writes(["const reply = await llm_query('one'); print(reply)"]),
  },
  {
    name: "rows",
    context: Array.from({ length: 50 }, (_, id) => JSON.stringify({ id, city: ["Busan", "Seoul"][id % 2] })).join("\n"),
    rows: true,
    limits: { depth: 2, directBelow: 0 },
    model: async (_, { depth }) => ({
      text: repl(
        depth === 0
          ? "const found = await rlm_query('How many are of Busan?', context); FINAL(found)"
          : "let count = 0; for (const { city } of context) if (city === 'Busan') count++; print(count); FINAL(count)",
      ),
    }),
  },
];

/** A model that writes these blocks, one a turn, and then fails; its replies to sub-calls say what was asked. */
function writes(blocks: readonly string[]): Model {
  return async (messages, { purpose }) => {
    if (purpose === "sub") return { text: `re ${messages[0]?.content ?? ""}` };
    const block = blocks[turnOf(messages) - 1];
    if (block === undefined) throw new Error("the model is gone");
    return { text: repl(block) };
  };
}
