import { Annotation, END, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { uncounted } from "./uncounted.ts";

const Counter = Annotation.Root({ at: Annotation<number> });

function counting() {
  return new StateGraph(Counter)
    .addNode("count", ({ at }) => ({ at: at + 1 }))
    .addEdge(START, "count")
    .addConditionalEdges("count", ({ at }) => (at < 60 ? "count" : END));
}

describe("uncounted()", () => {
  it("lets a graph take more steps than LangGraph's 25, also where withConfig made another of it", async () => {
    await expect(counting().compile().invoke({ at: 0 })).rejects.toThrow("Recursion limit of 25");
    const graph = uncounted(counting().compile());
    expect(await graph.invoke({ at: 0 })).toEqual({ at: 60 });
    expect(await graph.withConfig({ tags: ["one"] }).invoke({ at: 0 }, { recursionLimit: 3 })).toEqual({ at: 60 });
  });

  it("does so as a node of another graph, which keeps its own limit and its checkpoints", async () => {
    const outer = new StateGraph(Counter)
      .addNode("inner", uncounted(counting().compile()))
      .addEdge(START, "inner")
      .addEdge("inner", END)
      .compile({ checkpointer: new MemorySaver() });
    const config = { recursionLimit: 2, configurable: { thread_id: "one" } };
    expect(await outer.invoke({ at: 0 }, config)).toEqual({ at: 60 });
    expect((await outer.getState(config)).values).toEqual({ at: 60 });
  });
});
