import { describe, expect, it } from "vitest";
import { createBudget } from "../budget.ts";
import type { RlmEvent } from "../events.ts";
import { resolveLimits } from "../limits.ts";
import type { Run } from "../run.ts";
import { createSemaphore } from "../semaphore.ts";
import { memoryStore } from "../stores/memory.ts";
import { scriptedModel } from "../testing/scripted-model.ts";
import { llmQuery } from "./llm-query.ts";

const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };

function runWith(replies: string[], events: RlmEvent[] = []) {
  const model = scriptedModel(replies);
  const limits = resolveLimits({ promptChars: 100 });
  const budget = createBudget({ limits, store: memoryStore(), logKey: "budget" });
  const run = {
    id: "r",
    limits,
    budget,
    semaphore: createSemaphore(1),
    subModel: (name?: string) => (name === undefined ? model : scriptedModel([`${name} speaks`])),
    emit: (event: RlmEvent) => events.push(event),
    warned: new Map(),
    now: () => 0,
  } as unknown as Run;
  const ask = (prompt: string, options = {}) => llmQuery({ prompt, options }, 0, run, new AbortController().signal);
  return { model, ask, run };
}

describe("llmQuery()", () => {
  it("llmQuery() gives the reply's text without what was thought", async () => {
    const { ask } = runWith(["<think>let me see</think>\nFour."]);
    expect((await ask("2+2?")).value).toEqual({ text: "Four.", json: false });
  });

  it("llmQuery() shows the sub-model the prompt and nothing else", async () => {
    const { ask, model } = runWith(["Four."]);
    await ask("2+2?");
    expect(model.calls.map(({ messages }) => messages)).toEqual([[{ role: "user", content: "2+2?" }]]);
  });

  it("llmQuery() asks once more where the reply does not fit the schema, and says why", async () => {
    const { ask, model } = runWith(["about four", '{"n": 4}']);
    const { value, usage } = await ask("2+2?", { schema });
    expect(value).toEqual({ text: '{"n":4}', json: true });
    expect(model.calls).toHaveLength(2);
    expect(usage.outputTokens).toBe(3 + 2);
    expect(model.calls[1]?.messages.at(-1)?.content).toContain("it holds no JSON");
    const hopeless = runWith(["no", "never"]);
    await expect(hopeless.ask("2+2?", { schema })).rejects.toMatchObject({
      code: "schema",
      message: expect.stringMatching(/it holds no JSON. It began: never/) as string,
    });
  });

  it("llmQuery() asks the model that the code named", async () => {
    const { ask } = runWith(["the usual one speaks"]);
    expect((await ask("x", { model: "large" })).value.text).toBe("large speaks");
    expect((await ask("x")).value.text).toBe("the usual one speaks");
  });

  it("llmQuery() warns of words beside the JSON", async () => {
    const events: RlmEvent[] = [];
    const { ask } = runWith(['{"n": 4}\nNote: the list was cut off.'], events);
    await ask("2+2?", { schema });
    expect(events).toEqual([
      { type: "warning", runId: "r", depth: 0, message: expect.stringContaining("Note: the list was cut off.") },
    ]);
  });

  it("llmQuery() gives no value for a prompt that the sub-model has not read, but says how much fits", async () => {
    const events: RlmEvent[] = [];
    const { ask, run, model } = runWith(["2", "3"], events);
    const read = { text: '{"n": 3}', usage: { inputTokens: 4096, outputTokens: 1 } };
    const long = Object.assign(async () => read, { modelName: "long" });
    Object.assign(run, { subModel: () => long, limits: resolveLimits() });
    const prompt = "The committee met in the morning and voted to adjourn. ".repeat(1000);
    for (const options of [{}, { schema }]) {
      const error = await ask(prompt, options).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: "model",
        message: expect.stringMatching(/did not read the whole prompt.*4,096.*at most about/),
      });
    }
    expect(events).toHaveLength(1);
    expect(model.calls).toHaveLength(0);
  });

  it("llmQuery() refuses a prompt over the limit and a schema that code may not give, without a call", async () => {
    const { ask, model } = runWith([]);
    await expect(ask("x".repeat(101))).rejects.toThrow("the prompt has 101 characters, at most 100 fit");
    await expect(ask("x", { schema: { pattern: "(a+)+$" } })).rejects.toThrow('"pattern" is not allowed');
    expect(model.calls).toHaveLength(0);
  });
});
