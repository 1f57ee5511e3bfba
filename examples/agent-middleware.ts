/*
 * An agent whose tool returns 5 MB. The middleware keeps the result aside, the conversation gets a note with a handle, and
 * the agent asks about it. The agent's model is a script, that of the RLM is made of rules.
 * Run it: npx -y pnpm@12.21.0 exec node -C rlm-source examples/agent-middleware.ts
 */
import assert from "node:assert/strict";
import { fakeModel } from "@langchain/core/testing";
import { AIMessage, createAgent, tool } from "langchain";
import { createRlm, rlmMiddleware } from "rlm-langgraph";
import { offlineModel } from "rlm-tools/offline-model";
import { z } from "zod";

const log = Array.from(
  { length: 150_000 },
  (_, at) => `12:00:${at % 60} request ${at} ${at === 70_707 ? "hit the Kraken guard" : "was served"}`,
).join("\n");
const download = tool(() => log, { name: "download", description: "Downloads a log.", schema: z.object({}) });

const model = fakeModel()
  .respondWithTools([{ name: "download", args: {} }])
  .respond((messages) => {
    const [handle = ""] = /text_[0-9a-f]+/.exec(messages.at(-1)?.text ?? "") ?? [];
    const args = { question: "What is said of the “Kraken guard”?", handles: [handle] };
    return new AIMessage({ content: "", tool_calls: [{ name: "ask_rlm", args, id: "2" }] });
  })
  .respond((messages) => new AIMessage(`The log says: ${messages.at(-1)?.text}`));
const agent = createAgent({
  model,
  tools: [download],
  middleware: [rlmMiddleware({ rlm: createRlm({ model: offlineModel() }), trigger: { tokens: 10_000 } })],
});

const { messages } = await agent.invoke({ messages: [{ role: "user", content: "What happened at the guard?" }] });
console.log(messages.map(({ type, text }) => `${type}: ${text.slice(0, 300)}`).join("\n"));
assert.match(messages.at(-1)?.text ?? "", /request 70707 hit the Kraken guard/);
const longest = Math.max(...model.calls.map((call) => JSON.stringify(call.messages).length));
console.log(`a result of ${log.length} characters, no request of the agent above ${longest}`);
assert.ok(log.length > 5_000_000 && longest < 20_000);
