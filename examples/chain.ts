// A Recursive Language Model as one step of a LangChain chain: loader → rlm.answer → a step that uses the answer.
// The answer has the type of responseFormat, so that the next step is type-checked. (What steps hand to each other, a
// tracer of the chain sees: hand on file(path) or a ContextRef where that is too much.)
import assert from "node:assert/strict";
import { Document } from "@langchain/core/documents";
import { RunnableLambda } from "@langchain/core/runnables";
import { scriptedModel } from "rlm-core/testing";
import { createRlm } from "rlm-langgraph";
import { z } from "zod";

// Stands for a loader: 5,000 tickets, three of which are angry about invoices.
const tickets = Array.from({ length: 5_000 }, (_, id) => {
  const text = [17, 1_234, 4_321].includes(id) ? "Wrong invoice again! I am leaving." : "All is well, thank you.";
  return new Document({ pageContent: text, metadata: { id } });
});

// Scripts stand for models: the root searches in its REPL, the sub-model reads what was found.
const root = scriptedModel([
  "I look for invoices.\n```repl\nconst found = context.filter((t) => /invoice/i.test(t.pageContent)); print(found.length);\n```",
  `I have each read.
\`\`\`repl
const moods = await llm_query_batched(found.map((ticket) => "Angry or calm? " + ticket.pageContent));
FINAL({ angry: found.filter((_, i) => moods[i] === "angry").map((ticket) => ticket.metadata.id) });
\`\`\``,
]);
const reader = scriptedModel([], {
  onMissing: ({ 0: asked }) => (asked?.content.includes("leaving") ? "angry" : "calm"),
});

const rlm = createRlm({
  model: root,
  subModel: reader,
  // A JSON Schema is taken too; then the type has to be said: createRlm<{ angry: number[] }>.
  responseFormat: z.object({ angry: z.array(z.int()) }),
});

const chain = RunnableLambda.from((query: string) => ({ query, context: tickets }))
  .pipe(rlm.answer)
  .pipe(({ angry }) => angry.map((id) => `Call the customer of ticket ${id}.`));

const todo = await chain.invoke("Which tickets are angry about an invoice?");
console.log(todo.join("\n"));
console.log(`${tickets.length} documents, ${root.calls.length} root calls, ${reader.calls.length} sub-calls`);
assert.deepEqual(
  todo,
  [17, 1_234, 4_321].map((id) => `Call the customer of ticket ${id}.`),
);
