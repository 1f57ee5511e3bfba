// A run in LangSmith: what its client sends, to a server on this machine in the place of api.smith.langchain.com.
// With LANGSMITH_TRACING=true and LANGSMITH_API_KEY nothing of this is needed: LangChain sends traces by itself.
import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { awaitAllCallbacks } from "@langchain/core/callbacks/promises";
import { LangChainTracer } from "@langchain/core/tracers/tracer_langchain";
import { Client } from "langsmith";
import { scriptedModel } from "rlm-core/testing";
import { createRlm } from "rlm-langgraph";

interface SentRun {
  id: string;
  name: string;
  dotted_order: string;
  outputs?: { code?: string };
  extra: { metadata: Record<string, number | string | undefined> };
}

const sent = new Map<string, SentRun>();
async function take(request: IncomingMessage): Promise<void> {
  if (request.url !== "/runs/batch") return;
  const { post = [], patch = [] } = (await json(request)) as { post?: SentRun[]; patch?: SentRun[] };
  for (const run of [...post, ...patch]) sent.set(run.id, { ...sent.get(run.id), ...run });
}
// What /info says decides how the client sends: here as plain JSON.
const info = JSON.stringify({ batch_ingest_config: { use_multipart_endpoint: false } });
const server = createServer((request, response) => void take(request).then(() => response.end(info)));
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
const { port } = server.address() as AddressInfo;
const client = new Client({ apiUrl: `http://127.0.0.1:${port}`, apiKey: "none" });

const root = scriptedModel([
  "```repl\nconst parts = context.map((part) => ({ query: 'Which city is it?', context: part }));\nprint(await rlm_query_batched(parts));\n```",
  "```repl\nFINAL('Oslo and Lima');\n```",
]);
const child = scriptedModel([], {
  onMissing: (messages, { purpose }) => {
    if (purpose === "sub") return "Oslo";
    return messages.length > 2
      ? "```repl\nFINAL(await llm_query('Name the city'));\n```"
      : "```repl\nprint(context.length);\n```";
  },
});
const rlm = createRlm({ model: root, subModel: child, limits: { depth: 2, directBelow: 0 } });
const context = ["In the north. ", "In the south. "].map((text) => text.repeat(2_000));
const tracer = new LangChainTracer({ client, projectName: "rlm" });
const { usage, runId } = await rlm.invoke({ query: "Which cities?", context }, { callbacks: [tracer] });
await awaitAllCallbacks();
await client.awaitPendingTraceBatches();
server.closeAllConnections();
server.close();

const runs = [...sent.values()].sort((a, b) => (a.dotted_order < b.dotted_order ? -1 : 1));
for (const { name, dotted_order, extra, outputs } of runs.filter(({ name }) => name !== "__start__")) {
  const { rlm_turn: turn, rlm_call: call, rlm_input_tokens: read, rlm_output_tokens: wrote } = extra.metadata;
  const told = [
    turn !== undefined && `turn ${turn}`,
    call !== undefined && `call ${call}`,
    read !== undefined && `${read} + ${wrote} tokens`,
    outputs?.code,
  ];
  const depth = dotted_order.split(".").length - 1;
  console.log(`${"  ".repeat(depth)}${name}  ${told.filter(Boolean).join(" · ")}`);
}

const [top] = runs;
assert.equal(top?.name, "rlm");
assert.equal(top.extra.metadata["rlm_run"], runId);
assert.equal(top.extra.metadata["rlm_calls"], usage.calls);
assert.equal(top.extra.metadata["rlm_input_tokens"], usage.inputTokens);
assert.deepEqual([...new Set(runs.map(({ extra }) => extra.metadata["rlm_depth"]))], [0, 1]);
assert.ok(!JSON.stringify(runs).includes(context[0]?.slice(0, 1_000) ?? ""), "the context is in no trace");
