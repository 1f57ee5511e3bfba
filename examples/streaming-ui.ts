// Streaming to a user interface: a small server turns a run's stream into server-sent events, and a client, here in the
// same program, draws progress and answer from them. Who closes the page stops the run.
import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { scriptedModel } from "rlm-core/testing";
import { createRlm } from "rlm-langgraph";

const model = scriptedModel([
  "```repl\nprint(context.length);\n```",
  "```repl\nconst said = await llm_query_batched(context.map((part) => 'Sum up: ' + part.slice(0, 100)));\nFINAL(said.join(' '));\n```",
]);
const subModel = scriptedModel([], { onMissing: () => "A quiet day." });
const rlm = createRlm({ model, subModel, limits: { directBelow: 0 } });
const context = Array.from({ length: 5 }, (_, day) => `Day ${day}. ${"Nothing happened. ".repeat(1_000)}`);

async function serve(response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const stop = new AbortController();
  response.on("close", () => stop.abort());
  const tell = (event: string, data: unknown): unknown =>
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const modes = { streamMode: ["custom", "values"], subgraphs: true, signal: stop.signal } as const;
  const stream = await rlm.stream(
    { query: "How was the week?", context },
    { ...modes, streamMode: [...modes.streamMode] },
  );
  for await (const [namespace, mode, chunk] of stream) {
    // Events of any depth say what goes on; they have counts, no texts of results.
    if (mode === "custom" && chunk.type === "turn-start") tell("turn", { depth: chunk.depth, turn: chunk.turn });
    if (mode === "custom" && chunk.type === "query-end") tell("asked", { id: chunk.id, ok: chunk.ok });
    // The state of the outermost graph has the answer in the end.
    if (mode === "values" && namespace.length === 0 && chunk.answer !== undefined && chunk.answer !== null)
      tell("answer", chunk.answer);
  }
  response.end();
}
const server = createServer((_, response) => void serve(response));
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));

// The page: `new EventSource(url)` in a browser.
const { port } = server.address() as AddressInfo;
const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
server.close();
const events = page
  .trim()
  .split("\n\n")
  .map((block) => block.split("\n").map((line) => line.replace(/^\w+: /, "")));
for (const [event, data] of events) console.log(event?.padEnd(8), data);

const count = (wanted: string): number => events.filter(([event]) => event === wanted).length;
assert.equal(count("turn"), 2);
assert.equal(count("asked"), 5);
assert.deepEqual(events.at(-1), ["answer", JSON.stringify(Array(5).fill("A quiet day.").join(" "))]);
