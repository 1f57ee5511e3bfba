// A job of depth 2 with 60 calls, whose sub-calls depend on the order in which earlier ones came back; its answer does not.
import type { ChatMessage } from "rlm-core";
import { questionOf, repl, turnOf } from "../scenario.ts";

export const query = "What is the sum of everything?";
export const calls = 60;
export const answer = "items 2470, follow-ups 4, children 46 50 54 58, beside 1, steps 28";

// Long enough that no model is shown it, short enough to be stored often.
export const context = Array.from({ length: 2_000 }, (_, at) => `line ${at}`).join("\n");

const rootCodes = [
  "print(context.length)",
  `
const lines = context.split("\\n");
const value = (reply) => Number(/value (\\d+)/.exec(reply)[1]);
let next = 0, followUps = 0;
const items = [], order = [];
const worker = async () => {
  while (next < 20) {
    const at = next++;
    items.push(value(await llm_query("item " + at + " of " + lines[at] + ", dice " + Math.floor(Math.random() * 1e6))));
    order.push(at);
    if (order.length % 5 !== 0) continue;
    // Awaited first: "followUps += await …" reads the sum before another worker adds to it.
    const reply = await llm_query("after " + order.join("."));
    followUps += value(reply);
  }
};
await Promise.all(Array.from({ length: 5 }, worker));
print(items.length, followUps)`,
  `
const pieces = [10, 11, 12, 13].map((at) => ({ query: "Child " + at, context: lines.slice(at, at + 4).join("\\n") }));
const [children, beside] = await Promise.all([rlm_query_batched(pieces), llm_query("beside the children")]);
print(children, beside)`,
  `
let steps = 0;
for (let at = 1; at < 8; at++) steps += value(await llm_query("step " + at + " after " + steps));
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
FINAL("items " + sum(items) + ", follow-ups " + followUps + ", children " + children.join(" ") + ", beside " + value(beside) + ", steps " + steps)`,
];

const childCodes = [
  "const rows = context.split('\\n'); print(rows.length)",
  `
const replies = await llm_query_batched(rows.map((row) => "row " + row + " of " + rows[0]));
FINAL(String(replies.reduce((sum, reply) => sum + Number(/value (\\d+)/.exec(reply)[1]), 0)))`,
];

/** What one request is, whoever asks it again: the prompt of a sub-call, or a turn of a root. */
export function keyOf(messages: readonly ChatMessage[]): string {
  const [first] = messages;
  return first?.role === "system" ? `${questionOf(messages)} turn ${turnOf(messages)}` : (first?.content ?? "");
}

/** The reply, with its key in it: so a record of it shows whose it is. */
export function replyTo(messages: readonly ChatMessage[]): string {
  const key = keyOf(messages);
  if (messages[0]?.role !== "system") return `[${key}] value ${valueOf(key)}`;
  const codes = questionOf(messages) === query ? rootCodes : childCodes;
  return repl(`// [${key}]${codes[turnOf(messages) - 1] ?? ""}`.replace(/\](?=[^\n])/, "]\n"));
}

/** The keys of the replies that a text is, or quotes. */
export function keysIn(text: string): string[] {
  return [...text.matchAll(/\[([^\]\n]+ turn \d+|(?:item|after|beside|step|row) [^\]\n]*)\]/g)].map(
    ([, key = ""]) => key,
  );
}

function valueOf(prompt: string): number {
  const [, kind, number] = /^(\w+) (?:line )?(\d+)?/.exec(prompt) ?? [];
  if (kind === "item") return Number(number) ** 2;
  if (kind === "after" || kind === "beside") return 1;
  return kind === "step" ? Number(number) : Number(/^row line (\d+)/.exec(prompt)?.[1] ?? NaN);
}
