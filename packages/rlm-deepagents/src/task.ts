import type { BaseMessage } from "@langchain/core/messages";
import { InputError, named } from "rlm-core";
import type { RlmRunnableInput } from "rlm-langgraph";
import { plainContext } from "rlm-langgraph/driver";
import type { SubAgentState } from "./sub-agent-state.ts";

/** The last message is the task; the files are one context, the messages before it another, and a long task a third. */
export function taskOf({ messages }: SubAgentState, files: Readonly<Record<string, string>>): RlmRunnableInput {
  const task = textOfTask(messages.at(-1));
  const paths = Object.keys(files);
  const before = messages.slice(0, -1);
  const contexts = {
    ...(paths.length > 0 && { files }),
    ...(before.length > 0 && { messages: plainContext(before) }),
  };
  // An agent that writes the text itself into the task: the root model reads the question again in every turn.
  const isLong = task.length > mostShown;
  const asked = isLong
    ? `${task.slice(0, endLength)}\n[…]\n${task.slice(-endLength)}\n(The whole of this is in \`task\`.)`
    : task;
  const hasNone = Object.keys(contexts).length === 0;
  return {
    query: [asked, ...tellFiles(paths)].join("\n\n"),
    context: named({ ...contexts, ...((isLong || hasNone) && { task }) }),
  };
}

const mostShown = 4_000;
const endLength = 1_500;
const mostPaths = 20;

function tellFiles(paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const shown = paths.slice(0, mostPaths).map((path) => JSON.stringify(path.slice(0, 200)));
  const more = paths.length > mostPaths ? [`and ${(paths.length - mostPaths).toLocaleString("en-US")} more`] : [];
  return [`(\`files\` has the text of each file by its path: ${[...shown, ...more].join(", ")}.)`];
}

function textOfTask(message: BaseMessage | undefined): string {
  const text = message?.text.replace(preamble, "").trim() ?? "";
  if (text === "") throw new InputError("Expected the last message to be a task, got none");
  return text;
}

// What deepagents puts before the task of a fork, which is meant for a model that has the conversation in its prompt.
const preamble = /^\[The messages above are a prior conversation[^\]]*\]\s*/;
