/*
 * An agent that asks about texts it never reads: the tool takes a question and the name of a source. One source is a file's
 * text, the other is made of the agent's own conversation. The agent's model is a script, that of the RLM is made of rules.
 * Run it: npx -y pnpm@12.21.0 exec node -C rlm-source examples/agent-tool.ts
 */
import assert from "node:assert/strict";
import { fakeModel } from "@langchain/core/testing";
import { AIMessage, createAgent, ToolMessage } from "langchain";
import { createRlm, createRlmTool, type RlmToolArtifact } from "rlm-langgraph";
import { offlineModel } from "rlm-tools/offline-model";

const log = Array.from(
  { length: 100_000 },
  (_, at) => `12:00:${at % 60} request ${at} ${at === 70_707 ? "hit the Kraken guard" : "was served"}`,
);

const rlm = createRlm({ model: offlineModel() });
const askLogs = createRlmTool({
  rlm,
  name: "ask_logs",
  description: "Answers questions about the logs of today, and about what was said so far.",
  sources: { app: log.join("\n"), chat: ({ state }) => state.messages },
});
const model = fakeModel()
  .respondWithTools([{ name: "ask_logs", args: { question: "What is said of the “Kraken guard”?", source: "app" } }])
  .respond((messages) => new AIMessage(`The log says: ${messages.at(-1)?.text}`));
const agent = createAgent({ model, tools: [askLogs] });

const { messages } = await agent.invoke({ messages: [{ role: "user", content: "What happened at the guard?" }] });
console.log(messages.at(-1)?.text);
assert.match(messages.at(-1)?.text ?? "", /request 70707 hit the Kraken guard/);

// The artifact leads to all that was done for the answer; the agent's model saw none of the log.
const result = messages.find((message) => ToolMessage.isInstance(message));
assert.ok(result);
const { runId, status } = result.artifact as RlmToolArtifact;
console.log(status, (await rlm.trajectory(runId)).runs.size);
const longest = Math.max(...model.calls.map((call) => JSON.stringify(call.messages).length));
console.log(`a log of ${log.join("\n").length} characters, no request of the agent above ${longest}`);
assert.ok(longest < 20_000);
