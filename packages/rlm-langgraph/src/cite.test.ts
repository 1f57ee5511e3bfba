import { HumanMessage } from "@langchain/core/messages";
import { MemorySaver } from "@langchain/langgraph";
import { memoryStore, runRlm, type Cited, type RlmResult } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import { ChatRlm } from "./chat-rlm/chat-rlm.ts";
import { createRlm } from "./create-rlm.ts";
import { createRlmTool } from "./tool/create-rlm-tool.ts";

const context = "Report of 1904.\nThe valve was closed at noon.\nNobody was hurt in the accident.\n";
const block = (code: string): string => `\`\`\`repl\n${code}\n\`\`\``;
const first = [
  block('print(1); FINAL("noon", [{ claim: "Closed.", quote: "The valve was open at noon." }])'),
  block('FINAL("noon", [{ claim: "Closed.", quote: "The valve  was closed at noon" }])'),
];
const limits = { directBelow: 0 };
const citation = { claim: "Closed.", source: "context", start: 16, end: 44, quote: "The valve was closed at noon" };

describe("createRlm({ cite: true })", () => {
  it("rlm.invoke() gives the citations that the loop gives, of each run of a thread, and again from its checkpoint", async () => {
    const loop = await runRlm({ query: "q", context }, { model: scriptedModel(first), cite: true, limits });
    const second = [
      block(
        'print(context_1); FINAL("nobody", [{ claim: "Unhurt.", quote: "Nobody was hurt in the accident." }, { claim: "Ship.", quote: "The ship sank in May of 1905" }])',
      ),
    ];
    const options = { cite: true, limits, store: memoryStore(), checkpointer: new MemorySaver() } as const;
    const rlm = createRlm({ ...options, model: scriptedModel([...first, ...second]) });
    const config = { configurable: { thread_id: "t" } };
    const result = await rlm.invoke({ query: "q", context }, config);
    expect([result.answer, result.citations]).toEqual([loop.answer, loop.citations]);
    expect(result.citations).toEqual([citation]);
    expect(await rlm.invoke(null, config)).toMatchObject({ answer: "noon", citations: [citation] });
    const further = await rlm.invoke({ query: "q2", context: "The ship sank in May of 1905." }, config);
    expect(further.citations).toMatchObject([
      { source: "context_0", start: 46 },
      { source: "context", start: 0 },
    ]);
    const { runs } = await rlm.trajectory(further.runId);
    const [run] = [...runs.values()];
    expect(JSON.parse(run?.end?.text ?? "")).toEqual({ answer: "nobody", citations: further.citations });
    await rlm.close();
  });

  it("ChatRlm has the citations in the metadata of its reply", async () => {
    const evidence = [
      { claim: "Closed.", quote: "The valve  was closed at noon" },
      { claim: "Rain.", quote: "It rained all day." },
    ];
    const model = scriptedModel([JSON.stringify({ answer: "noon", evidence })]);
    const asked = [new HumanMessage(context), new HumanMessage("When?")];
    const reply = await new ChatRlm({ model, cite: true, contextAbove: 10 }).invoke(asked);
    expect([reply.text, reply.response_metadata]).toMatchObject([
      "noon",
      { rlm: { status: "direct", citations: [citation], unverified: [evidence[1]] } },
    ]);
  });

  it("createRlmTool() has the citations in its artifact", async () => {
    const evidence = [
      { claim: "Closed.", quote: citation.quote },
      { claim: "Rain.", quote: "It rained all day." },
    ];
    const model = scriptedModel([JSON.stringify({ answer: "noon", evidence })]);
    const tool = createRlmTool({ rlm: createRlm({ model, cite: true }), description: "Asks.", sources: { context } });
    const call = { type: "tool_call" as const, id: "1", name: "ask_rlm", args: { question: "q", source: "context" } };
    expect(await tool.invoke(call)).toMatchObject({
      content: "noon",
      artifact: { status: "direct", citations: [citation], unverified: [evidence[1]] },
    });
  });

  it("has citations in its type only with cite", () => {
    const model = scriptedModel([]);
    expectTypeOf(createRlm({ model, cite: true }).invoke).returns.resolves.toEqualTypeOf<RlmResult & Cited>();
    expectTypeOf(createRlm({ model }).invoke).returns.resolves.not.toHaveProperty("citations");
  });
});
