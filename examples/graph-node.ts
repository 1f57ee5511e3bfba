// A Recursive Language Model inside of your own LangGraph graph, in two ways: createRlm called by a node,
// and createRlmGraph as the node itself, which shares the keys query, context and answer with the graph around it.
import assert from "node:assert/strict";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { memoryStore, storeContexts, type ContextRef } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { createRlm, createRlmGraph } from "rlm-langgraph";

const log = Array.from({ length: 20_000 }, (_, at) => `${at} ${at === 12_345 ? "disk full on db-3" : "ok"}`).join("\n");
const query = "Which machine ran out of disk?";
// Thirty short turns: more steps than LangGraph allows a graph by default, and that is no concern of yours.
const turns = Array.from({ length: 29 }, (_, at) => `\`\`\`repl\nprint(find("disk full").total, ${at});\n\`\`\``);
const model = () =>
  scriptedModel([...turns, "```repl\nFINAL(find('disk full').hits[0].text.match(/db-\\d+/)[0]);\n```"]);

// State holds references to texts, never texts: they would be copied into every checkpoint and every trace.
const store = memoryStore();
const [context] = await storeContexts(log, store);
assert.ok(context);
const Incident = Annotation.Root({
  query: Annotation<string>,
  context: Annotation<ContextRef>,
  answer: Annotation<unknown>,
  report: Annotation<string>,
});
const report = ({ answer }: typeof Incident.State) => ({ report: `Page whoever owns ${String(answer)}.` });

// 1. A node calls the Runnable, and passes on its config: callbacks, signal and streams reach the run.
const rlm = createRlm({ model: model(), store });
const byCall = new StateGraph(Incident)
  .addNode("ask", async ({ query, context }, config) => {
    const { answer } = await rlm.invoke({ query, context }, config);
    return { answer };
  })
  .addNode("tell", report)
  .addEdge(START, "ask")
  .addEdge("ask", "tell")
  .addEdge("tell", END)
  .compile();

// 2. The graph is the node: what the two states have in common goes in and comes out.
const asSubgraph = new StateGraph(Incident)
  .addNode("ask", createRlmGraph({ model: model(), store }))
  .addNode("tell", report)
  .addEdge(START, "ask")
  .addEdge("ask", "tell")
  .addEdge("tell", END)
  .compile();

for (const [name, graph] of Object.entries({ byCall, asSubgraph })) {
  const end = await graph.invoke({ query, context });
  console.log(`${name}: ${end.report} (state of ${JSON.stringify(end).length} characters, log of ${log.length})`);
  assert.equal(end.report, "Page whoever owns db-3.");
  assert.ok(JSON.stringify(end).length < 1_000);
}
