// An agent with the middleware over a SQLite file, as a process of its own: node … FILE THREAD, prints what its last tool said.
import { tool } from "@langchain/core/tools";
import { ToolMessage } from "@langchain/core/messages";
import { createAgent } from "langchain";
import { isolate } from "rlm-core";
import { scriptedModel } from "rlm-core/testing";
import { createRlm, rlmMiddleware } from "rlm-langgraph";
import { sqlite } from "rlm-langgraph/sqlite";
import { repl, ScriptedChatModel } from "./scripted-chat-model.ts";

const [file = "", thread = "", action = "", handle = ""] = process.argv.slice(2);
const { store, checkpointer, close } = await sqlite(file);
const sandbox = isolate({ warm: 0 });
const model = scriptedModel([repl("print(context.length)"), repl("FINAL(find('needle').hits[0].text)")]);
const rlm = createRlm({ model, sandbox, store, limits: { directBelow: 0 } });
const log = `${"a line that says nothing\n".repeat(200_000)}the needle is 7\n${"and so on\n".repeat(20_000)}`;
const read = tool(() => log, {
  name: "read",
  description: "Reads the log.",
  schema: { type: "object", properties: {} },
});
const call =
  action === "read"
    ? { name: "read", args: {}, id: "read-1" }
    : { name: "ask_rlm", args: { question: "Which number is the needle?", handles: [handle] }, id: "ask-1" };
const agent = createAgent({
  model: new ScriptedChatModel([{ tool_calls: [call] }, "done"]),
  tools: [read],
  middleware: [rlmMiddleware({ rlm, trigger: { chars: 20_000 } })],
  checkpointer,
});
const input = { messages: [{ role: "user", content: action }] };
const { messages } = await agent.invoke(input, { configurable: { thread_id: thread } });
console.log(JSON.stringify(messages.findLast((message) => ToolMessage.isInstance(message))?.text));
await rlm.close();
await sandbox.close();
await close();
