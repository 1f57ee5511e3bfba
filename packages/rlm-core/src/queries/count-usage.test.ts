import { expect, it } from "vitest";
import type { ModelReply, TokenUsage } from "../model.ts";
import { countTokens } from "../tokens.ts";
import { countUsage } from "./count-usage.ts";

const messages = [{ role: "user" as const, content: "How many are there in all?" }];
const text = "There are seven of them.";

async function usageOf(usage: unknown, reply = text): Promise<TokenUsage> {
  return await countUsage({ text: reply, usage } as ModelReply, messages);
}

it("countUsage() takes what the model reports", async () => {
  expect(await usageOf({ inputTokens: 9, outputTokens: 5 })).toEqual({ inputTokens: 9, outputTokens: 5 });
  expect(await usageOf({ inputTokens: 9, outputTokens: 0 }, "")).toEqual({ inputTokens: 9, outputTokens: 0 });
  expect(await usageOf({ inputTokens: 9, outputTokens: 5, estimated: true })).toMatchObject({ estimated: true });
});

it("countUsage() counts and marks what the model does not report, or what cannot be", async () => {
  const input = await countTokens("How many are there in all?");
  const output = await countTokens(text);
  for (const usage of [
    undefined,
    null,
    {},
    { inputTokens: 0, outputTokens: 0 },
    { inputTokens: Number.NaN, outputTokens: -1 },
    { inputTokens: "9", outputTokens: null },
    { inputTokens: Infinity },
  ])
    expect(await usageOf(usage)).toEqual({ inputTokens: input, outputTokens: output, estimated: true });
});

it("countUsage() counts only the half that is missing", async () => {
  expect(await usageOf({ inputTokens: 9, outputTokens: 0 })).toEqual({
    inputTokens: 9,
    outputTokens: await countTokens(text),
    estimated: true,
  });
  expect(await usageOf({ inputTokens: 0, outputTokens: 5 })).toMatchObject({ outputTokens: 5, estimated: true });
});
