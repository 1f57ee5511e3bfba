import type { BaseMessage, ContentBlock } from "@langchain/core/messages";
import { AIMessage } from "@langchain/core/messages";
import { isLongText } from "./long-text.ts";

/** Messages with long texts in them, as a Recursive Language Model takes them. */
export interface LongInput {
  query: string;
  /** By name: the long texts; a conversation of many messages, and a question that is long itself. */
  contexts: Record<string, unknown>;
  /** What the system messages say. */
  instructions: string;
}

/** Takes texts of more than `contextAbove` tokens out of messages of any kind; undefined where there are none. */
export async function splitMessages(
  messages: readonly BaseMessage[],
  contextAbove: number,
): Promise<LongInput | undefined> {
  const texts = [...new Set(messages.flatMap(textsOf))];
  const areLong = await Promise.all(texts.map((text) => isLongText(text, contextAbove)));
  const long = texts.filter((_, index) => areLong[index]);
  if (long.length === 0) return undefined;
  const names = new Map(long.map((text, index) => [text, long.length === 1 ? "context" : `text_${index + 1}`]));
  const system = messages.filter(({ type }) => type === "system");
  const others = messages.filter(({ type }) => type !== "system");
  const asked = others.findLast(({ type }) => type === "human") ?? others.at(-1);
  const question = asked === undefined ? "" : questionOf(asked, names);
  const before = others.filter((message) => message !== asked);
  const contexts = Object.fromEntries([...names].map(([text, name]) => [name, text]));
  const short = shortened(question, contexts);
  const told = conversation(others, before, names, contexts);
  return {
    query: [short, told].filter((part) => part !== "").join("\n\n"),
    contexts,
    instructions: system.map((message) => shownMessage(message, names)).join("\n\n"),
  };
}

/** The question is what its message says beside long texts; of one that is all long text it is the beginning and the end. */
function questionOf(message: BaseMessage, names: ReadonlyMap<string, string>): string {
  const short = textsOf(message).filter((text) => !names.has(text) && text.trim() !== "");
  if (short.length > 0) return short.join("\n\n");
  return textsOf(message)
    .filter((text) => names.has(text))
    .map(ends)
    .join("\n\n");
}

/** The beginning and the end of a text: there a prompt says what is to be done with what stands between. */
function ends(text: string): string {
  if (text.length <= 2 * endLength) return text;
  return `${text.slice(0, endLength).toWellFormed()}\n[…]\n${text.slice(-endLength).toWellFormed()}`;
}

const endLength = 1_000;

// The model reads the question again in every turn.
const mostShown = 4_000;

function shortened(question: string, contexts: Record<string, unknown>): string {
  if (question.length <= mostShown) return question;
  contexts["question"] = question;
  return `${ends(question)}\n(The whole question is in \`question\`.)`;
}

/** The messages that the question stands among, where they say more than the long texts in them. */
function conversation(
  messages: readonly BaseMessage[],
  before: readonly BaseMessage[],
  names: ReadonlyMap<string, string>,
  contexts: Record<string, unknown>,
): string {
  const saysMore = before.some(
    (message) => textsOf(message).some((text) => !names.has(text) && text.trim() !== "") || callsOf(message) !== "",
  );
  if (!saysMore) return "";
  const told = messages.map((message) => ({ role: roleOf(message), text: shownMessage(message, names) }));
  const lines = told.map(({ role, text }) => `${role}: ${text}`).join("\n");
  if (lines.length <= mostShown) return `The conversation that this is a part of:\n${lines}`;
  contexts["conversation"] = told;
  return "The conversation that this is a part of is in `conversation`: its messages, oldest first.";
}

/** A message without the long texts in it. */
function shownMessage(message: BaseMessage, names: ReadonlyMap<string, string>): string {
  const parts = blocksOf(message).map((block) => {
    const text = textOf(block);
    if (text === undefined) return `[a part of type ${block.type}, which cannot be shown here]`;
    const name = names.get(text);
    return name === undefined ? text : `[a text of ${text.length.toLocaleString("en-US")} characters: \`${name}\`]`;
  });
  return [...parts, callsOf(message)].filter((part) => part !== "").join("\n\n");
}

function callsOf(message: BaseMessage): string {
  if (!AIMessage.isInstance(message)) return "";
  return (message.tool_calls ?? []).map(({ name, args }) => `[called ${name}(${JSON.stringify(args)})]`).join("\n");
}

function roleOf({ type, name }: BaseMessage): string {
  const role = type === "ai" ? "assistant" : type;
  return name === undefined ? role : `${role} (${name})`;
}

function textsOf(message: BaseMessage): string[] {
  return blocksOf(message).flatMap((block) => textOf(block) ?? []);
}

// Calls of tools are told by the message, in one form for all providers; what a model thought is not for others.
const untold = new Set(["tool_use", "tool_call", "function_call", "reasoning", "thinking", "redacted_thinking"]);

function blocksOf({ content }: BaseMessage): ContentBlock[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.filter(({ type }) => !untold.has(type));
}

function textOf(block: ContentBlock): string | undefined {
  return block.type === "text" && "text" in block && typeof block["text"] === "string" ? block["text"] : undefined;
}
