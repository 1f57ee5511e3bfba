import { BaseTracer, type Run } from "@langchain/core/tracers/base";
import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { isolate, type Model } from "rlm-core";
import { afterAll, describe, expect, it } from "vitest";
import { createRlm } from "../create-rlm.ts";
import { fromChatModel } from "../from-chat-model.ts";
import type { ModelLike } from "../models.ts";

const sandbox = isolate({ warm: 0 });
afterAll(() => sandbox.close());

/** Keeps the runs of models that have ended. */
class ModelRuns extends BaseTracer {
  name = "model-runs";
  runs: Run[] = [];
  protected persistRun(): Promise<void> {
    return Promise.resolve();
  }
  override onLLMEnd(run: Run): void {
    this.runs.push(run);
  }
  override onLLMError(run: Run): void {
    this.runs.push(run);
  }
}

/** Tokens by the runs of models that a short question makes. */
async function tokensOf(model: ModelLike): Promise<(number | undefined)[]> {
  const tracer = new ModelRuns();
  const { answer } = await createRlm({ model, sandbox }).invoke(
    { query: "q", context: "short" },
    { callbacks: [tracer] },
  );
  expect(answer).toBe("Yes.");
  return tracer.runs.map(
    ({ outputs }) =>
      (outputs as { generations: { message: AIMessage }[][] }).generations[0]?.[0]?.message.usage_metadata
        ?.total_tokens,
  );
}

const usage_metadata = { input_tokens: 20, output_tokens: 3, total_tokens: 23 };
const chat = () => fakeModel().respond(new AIMessage({ content: "Yes.", usage_metadata }));

describe("tracedModel()", () => {
  it("a function is a run of a model, with its usage", async () => {
    const model: Model = async () => ({ text: "Yes.", usage: { inputTokens: 4, outputTokens: 2 } });
    expect(await tokensOf(model)).toEqual([6]);
  });

  it("a chat model of LangChain is one run, also where it is a function already", async () => {
    expect(await tokensOf(chat())).toEqual([23]);
    expect(await tokensOf(await fromChatModel(chat()))).toEqual([23]);
  });

  it("a function around a chat model does not count its tokens twice", async () => {
    const inner = await fromChatModel(chat());
    const tokens = await tokensOf(async (messages, options) => await inner(messages, options));
    expect(tokens).toEqual([23, undefined]);
  });

  it("a function that throws is a run that failed", async () => {
    const tracer = new ModelRuns();
    const model: Model = () => Promise.reject(Object.assign(new Error("no model today"), { status: 400 }));
    const run = createRlm({ model, sandbox }).invoke({ query: "q", context: "short" }, { callbacks: [tracer] });
    await expect(run).rejects.toThrow("no model today");
    expect(tracer.runs.map(({ error }) => error)).toEqual([expect.stringContaining("no model today")]);
  });
});
