import { describe, expectTypeOf, it } from "vitest";
import { MemorySaver, type StreamMode } from "@langchain/langgraph";
import type { ContextRef, RlmResult } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { z } from "zod";
import { createRlm } from "./create-rlm.ts";
import type { Interrupted } from "./decisions.ts";
import type { GraphInput } from "./graph-state.ts";
import type { RlmCallOptions, RlmInvocation, RlmRunnableOptions, StreamOptions } from "./rlm-input.ts";

const model = scriptedModel([]);
const City = z.object({ name: z.string(), people: z.int().optional() });
const input = { query: "q", context: "text" };

/** Only for the compiler. */
function never(_: () => unknown): void {}

describe("types", () => {
  it("rlm.invoke() gives what the schema says, in each of its forms", () => {
    const rlm = createRlm({ model, responseFormat: City });
    type City = { name: string; people?: number | undefined };
    expectTypeOf(rlm.invoke).returns.resolves.toEqualTypeOf<RlmResult<City>>();
    expectTypeOf(rlm.answer.invoke).returns.resolves.toEqualTypeOf<City>();
    expectTypeOf(rlm.withConfig({ tags: ["a"] }).invoke).returns.resolves.toEqualTypeOf<RlmResult<City>>();
    never(async () => {
      const [first] = await rlm.batch([input]);
      expectTypeOf(first).toEqualTypeOf<RlmResult<City> | undefined>();
      for await (const result of await rlm.stream(input)) expectTypeOf(result.answer).toEqualTypeOf<City>();
      expectTypeOf((await rlm.withRetry().invoke(input)).answer).toEqualTypeOf<City>();
    });
    expectTypeOf(createRlm({ model }).invoke).returns.resolves.toEqualTypeOf<RlmResult>();
    const asks = createRlm({ model, review: ["code"], checkpointer: new MemorySaver() });
    expectTypeOf(asks.invoke).returns.resolves.toEqualTypeOf<RlmResult | Interrupted>();
  });

  it("rlm.invoke() and the graph take no wrong input", () => {
    expectTypeOf<{ query: string; context: string }>().toExtend<RlmInvocation>();
    expectTypeOf<{ context: string }>().not.toExtend<RlmInvocation>();
    expectTypeOf<{ query: number; context: string }>().not.toExtend<RlmInvocation>();
    expectTypeOf<string>().not.toExtend<RlmInvocation>();

    type Given<Rlm> = { configurable: { rlm: Rlm } };
    expectTypeOf<Given<{ model: string; limits: { turns: number } }>>().toExtend<RlmCallOptions>();
    expectTypeOf<Given<{ limits: { turn: number } }>>().not.toExtend<RlmCallOptions>();
    expectTypeOf<Given<{ limits: { turns: string } }>>().not.toExtend<RlmCallOptions>();
    expectTypeOf<Given<{ model: number }>>().not.toExtend<RlmCallOptions>();

    expectTypeOf<{ streamMode: "updates" }>().toExtend<StreamOptions<"updates", false>>();
    expectTypeOf<{ streamMode: "update" }>().not.toExtend<StreamOptions<StreamMode, boolean>>();
    // Raw text is no reference.
    expectTypeOf<{ query: string; context: string }>().not.toExtend<GraphInput>();
    expectTypeOf<{ query: string; context: ContextRef[] }>().toExtend<GraphInput>();
    expectTypeOf<{ checkpointer: MemorySaver }>().not.toExtend<RlmRunnableOptions>();
  });
});
