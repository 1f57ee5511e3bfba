import type { ChatMessage, Model, ModelOptions } from "rlm-core";
import { questionOf, repl, ruleModel, turnOf } from "../scenario.ts";

/** Stands in the middle of the context alone: no reply, no code and no output of the job repeats it. */
export const secret = "The-context-itself-73b1";

/** Three parts of 12,000 characters, by three children; each asks four sub-models: a run of depth 2 with 12 sub-calls. */
export const job = {
  query: "How many floods were real?",
  context: [0, 1, 2].map((part) => `part ${part} ${"dry. ".repeat(1_200)}${secret}${"dry. ".repeat(1_200)}`),
};

export const prices = { rules: { inputPerMillion: 1, outputPerMillion: 4 } };

/** The model of the job. Each reply takes another number of tokens, so that no sum is right by chance. */
export function createJobModel(): Model {
  const model = ruleModel((messages, { purpose, depth }) => {
    const inputTokens = messages.reduce((sum, { content }) => sum + content.length, 0);
    const usage = { inputTokens, outputTokens: 1 + (inputTokens % 17) };
    return { text: textOf(messages, purpose, depth), usage };
  });
  return Object.assign(model, { modelName: "rules" });
}

function textOf(messages: readonly ChatMessage[], purpose: ModelOptions["purpose"], depth: number): string {
  if (purpose === "sub") return /Was (\d)/.exec(messages[0]?.content ?? "")?.[1] === "1" ? "yes" : "no";
  if (depth === 1 && turnOf(messages) === 1) return repl("const size = context.length; print('size ' + size);");
  if (depth === 1)
    return repl(`const said = await llm_query_batched([0, 1, 2, 3].map((n) => "${questionOf(messages)} Was " + n + " a flood?"));
FINAL(said.filter((one) => one === "yes").length);`);
  if (turnOf(messages) === 1)
    return repl(
      'const counts = await rlm_query_batched(context.map((part, n) => ({ query: "Count in " + n, context: part }))); print("counted " + counts);',
    );
  return repl("FINAL(counts.reduce((sum, one) => sum + Number(one), 0))");
}
