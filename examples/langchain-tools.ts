/*
 * Tools and retrievers of LangChain in the REPL: the code calls them beside the context, in loops, without a model in between.
 * The model is a script: its code looks up the owner of each machine that the log complains about.
 * Run it: npx -y pnpm@12.21.0 exec node -C rlm-source examples/langchain-tools.ts
 */
import assert from "node:assert/strict";
import { Document } from "@langchain/core/documents";
import { BaseRetriever } from "@langchain/core/retrievers";
import { tool } from "langchain";
import { scriptedModel } from "rlm-core/testing";
import { createRlm, replTool } from "rlm-langgraph";
import { z } from "zod";

const schema = z.object({ machine: z.string().describe("Its name") });
const owners = tool(({ machine }) => (machine === "db-3" ? "Ada" : "Bob"), {
  name: "owner-of",
  description: "Who owns a machine.",
  schema,
});

class Runbooks extends BaseRetriever {
  override name = "runbooks";
  lc_namespace = ["examples"];
  override _getRelevantDocuments(query: string): Promise<Document[]> {
    return Promise.resolve([new Document({ pageContent: `On “${query}”: make room.`, metadata: { page: 7 } })]);
  }
}

const log = Array.from({ length: 20_000 }, (_, at) => `${at} ${at % 7_000 === 5 ? `disk full on db-${at % 4}` : "ok"}`);
const model = scriptedModel([
  `\`\`\`repl
const machines = [...new Set([...context.matchAll(/disk full on (\\S+)/g)].map(([, machine]) => machine))];
const owned = await Promise.all(machines.map(async (machine) => machine + ": " + (await tools.owner_of({ machine }))));
const [{ pageContent }] = await tools.runbooks({ query: "disk full" });
print(owned, pageContent);
\`\`\``,
  "```repl\nFINAL([...owned, pageContent].join('; '));\n```",
]);
const rlm = createRlm({ model, tools: [replTool(owners, { maxCalls: 10 }), new Runbooks()] });

const { answer } = await rlm.invoke({ query: "Whom do I page, and what do they do?", context: log.join("\n") });
console.log(answer);
assert.equal(answer, "db-1: Bob; On “disk full”: make room.");
// What the code could call is in the prompt, with the type of its schema.
assert.match(
  model.calls[0]?.messages[0]?.content ?? "",
  /tools\.owner_of\(args: \{ machine: string \/\* Its name \*\/ \}\)/,
);
