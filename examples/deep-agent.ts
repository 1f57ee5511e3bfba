/*
 * A deep agent over files that are far too long for its model: it hands the question on to a sub-agent that has all files
 * as a variable. The agent's model is a script, that of the RLM is made of rules.
 * Run it: npx -y pnpm@12.21.0 exec node -C rlm-source examples/deep-agent.ts
 */
import assert from "node:assert/strict";
import { fakeModel } from "@langchain/core/testing";
import { createDeepAgent, type FileData } from "deepagents";
import { AIMessage } from "langchain";
import { rlmSubAgent } from "rlm-deepagents";
import { createRlm } from "rlm-langgraph";
import { offlineModel } from "rlm-tools/offline-model";

const now = new Date().toISOString();
const file = (content: string): FileData => ({ content, mimeType: "text/plain", created_at: now, modified_at: now });
const log = (day: number) =>
  Array.from(
    { length: 50_000 },
    (_, at) => `12:00:${at % 60} request ${at} ${day === 2 && at === 31_415 ? "hit the Kraken guard" : "was served"}`,
  ).join("\n");
const files = { "/logs/monday.log": file(log(1)), "/logs/tuesday.log": file(log(2)), "/notes.txt": file("Be brief.") };

const task = { description: "Which files mention the “Kraken guard”, and what do they say?", subagent_type: "rlm" };
const model = fakeModel()
  .respondWithTools([{ name: "task", args: task }])
  .respond((messages) => new AIMessage(`The logs say: ${messages.at(-1)?.text}`));
const agent = createDeepAgent({ model, subagents: [rlmSubAgent({ rlm: createRlm({ model: offlineModel() }) })] });

const { messages } = await agent.invoke({
  messages: [{ role: "user", content: "What happened at the guard?" }],
  files,
});
console.log(messages.at(-1)?.text);
assert.match(messages.at(-1)?.text ?? "", /tuesday\.log.*request 31415 hit the Kraken guard/s);
const longest = Math.max(...model.calls.map((call) => JSON.stringify(call.messages).length));
const length = Object.values(files).reduce((sum, { content }) => sum + content.length, 0);
console.log(`files of ${length} characters, no request of the agent above ${longest}`);
assert.ok(length > 3_000_000 && longest < 20_000);
