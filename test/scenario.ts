import { readFileSync } from "node:fs";
import type { ChatMessage, Model, ModelOptions, ModelReply } from "rlm-core";

type Answer = string | ModelReply | Promise<string | ModelReply>;

/** A model that answers by rules over what it is asked, in any order; it keeps what it was asked. */
export function ruleModel(
  answer: (messages: ChatMessage[], options: ModelOptions) => Answer,
): Model & { calls: { messages: ChatMessage[]; options: ModelOptions }[] } {
  const calls: { messages: ChatMessage[]; options: ModelOptions }[] = [];
  const model = async (messages: ChatMessage[], options: ModelOptions): Promise<ModelReply> => {
    calls.push({ messages, options });
    const reply = await answer(messages, options);
    return typeof reply === "string" ? { text: reply, usage: { inputTokens: 10, outputTokens: 5 } } : reply;
  };
  return Object.assign(model, { calls });
}

/** A root's turn, counted from 1 by the replies that it has given. */
export function turnOf(messages: readonly ChatMessage[]): number {
  return messages.filter(({ role }) => role === "assistant").length + 1;
}

export function repl(code: string): string {
  return `\`\`\`repl\n${code}\n\`\`\``;
}

/** The question in the first message of a root. */
export function questionOf(messages: readonly ChatMessage[]): string {
  return /^Question: (.*)$/m.exec(messages[1]?.content ?? "")?.[1] ?? "";
}

/** Processes that this one started and that still run; Linux only, as the tests of processes are. */
export function childPids(): number[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  return children
    .split(" ")
    .filter((pid) => pid !== "")
    .map(Number);
}
