// What a run streams, with LangGraph's own modes: values, updates, custom (rlm-core's events) and messages (tokens),
// from the root and, with subgraphs: true, from the child RLM that it opens; the namespace tells which.
import assert from "node:assert/strict";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { createRlm } from "rlm-langgraph";

// Chat models of LangChain that play replies, letter by letter. The second one is the child, and then its sub-call.
const model = new FakeListChatModel({
  responses: ["```repl\nFINAL(await rlm_query('Who signed?', context.slice(0, 20_000)));\n```"],
});
const subModel = new FakeListChatModel({
  responses: ["```repl\nFINAL(await llm_query('Who is this? ' + find('Signed').hits[0].text));\n```", "Ada Lovelace"],
});
const rlm = createRlm({ model, subModel, limits: { depth: 2, directBelow: 0 } });
const context = `${"The parties agree. ".repeat(500)}\nSigned: A. Lovelace\n${"An appendix. ".repeat(5_000)}`;

const stream = await rlm.stream(
  { query: "Who signed?", context },
  { streamMode: ["values", "updates", "custom", "messages"], subgraphs: true },
);

const seen: Record<string, string[]> = {};
const tokens = new Map<string, string>();
for await (const [namespace, mode, chunk] of stream) {
  const depth = namespace.length;
  const lines = (seen[`${mode} at depth ${depth}`] ??= []);
  // The state after each step: references and counts, no texts.
  if (mode === "values") lines.push(`${chunk.usage?.calls ?? 0} calls`);
  // What each node changed of it.
  else if (mode === "updates") lines.push(Object.keys(chunk).join());
  // What happens, as it happens: turns, the journal, sub-calls.
  else if (mode === "custom") lines.push(chunk.type);
  // Tokens of any model of the tree; its metadata has the depth and the node.
  else {
    const [token, { rlm_depth, langgraph_node }] = chunk;
    assert.equal(rlm_depth, depth);
    const writer = `${String(langgraph_node)} at depth ${depth}`;
    tokens.set(writer, (tokens.get(writer) ?? "") + token.text);
    lines.push(token.text);
  }
}

for (const [kind, lines] of Object.entries(seen)) {
  const shown = kind.startsWith("messages") ? lines.slice(0, 40).join("·") : lines.slice(0, 6).join(", ");
  console.log(`${kind.padEnd(20)} ${String(lines.length).padStart(4)}  ${JSON.stringify(shown)}`);
}
console.log(tokens);

assert.equal(Object.keys(seen).length, 8, "each mode at both depths");
assert.ok(tokens.get("generate at depth 0")?.includes("rlm_query"));
assert.ok(tokens.get("generate at depth 1")?.includes("llm_query"));
assert.equal(tokens.get("execute at depth 1"), "Ada Lovelace");
