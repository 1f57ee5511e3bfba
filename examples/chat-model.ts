/*
 * A chat model in a chain that exists: the prompt, the model, the parser. The chain stays as it is, the model is another one,
 * and the log that the prompt holds may be of any length. The model behind it is a stand-in made of rules.
 * Run it: npx -y pnpm@12.21.0 exec node -C rlm-source examples/chat-model.ts
 */
import assert from "node:assert/strict";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { ChatRlm } from "rlm-langgraph";
import { offlineModel } from "rlm-tools/offline-model";

const log = Array.from(
  { length: 100_000 },
  (_, at) => `12:00:${at % 60} request ${at} ${at === 70_707 ? "hit the Kraken guard" : "was served"}`,
);

const prompt = ChatPromptTemplate.fromMessages([
  ["system", "You answer questions about logs."],
  ["human", "{log}"],
  ["human", "{question}"],
]);
const model = new ChatRlm({ model: offlineModel() });
const chain = prompt.pipe(model).pipe(new StringOutputParser());

const answer = await chain.invoke({ log: log.join("\n"), question: "What is said of the “Kraken guard”?" });
console.log(answer);
assert.match(answer, /request 70707 hit the Kraken guard/);

// The same model tells what it did, and what all of it used.
const messages = await prompt.invoke({ log: log.join("\n"), question: "What is said of the “Kraken guard”?" });
const reply = await model.invoke(messages);
const { status, calls } = reply.response_metadata["rlm"] as { status: string; calls: number };
console.log(status, calls, reply.usage_metadata);
assert.equal(status, "final");
assert.ok((reply.usage_metadata?.total_tokens ?? 0) > 0);
