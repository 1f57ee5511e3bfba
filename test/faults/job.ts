// A small job of depth 2: plain calls one after the other and at once, two children beside a plain call, three turns.
import type { Emit, Model } from "rlm-core";
import { questionOf, repl, turnOf } from "../scenario.ts";

export const query = "What do they say?";
export const context = Array.from({ length: 200 }, (_, at) => `line ${at}`).join("\n");
export const answer = "<a>,<b>,<c>; <kid 1 x>,<kid 2 x>; <d>";
export const limits = { depth: 2, directBelow: 0 };

const codes: Record<string, string> = {
  "root 1": `const found = [await llm_query("a"), ...await llm_query_batched(["b", "c"])]; print(found.join())`,
  "root 2": `const kids = ["kid 1", "kid 2"].map((query) => ({ query, context: context.slice(0, 50) }));
const [children, beside] = await Promise.all([rlm_query_batched(kids), llm_query("d")]);
print(children.join(), beside)`,
  "root 3": `FINAL([found.join(), children.join(), beside].join("; "))`,
};

/** Everything that the job asks, each once. */
export const everything = [
  ...Object.keys(codes),
  "a",
  "b",
  "c",
  "d",
  ...["kid 1", "kid 2"].flatMap((kid) => [`${kid} 1`, `${kid} x`]),
].toSorted();

/** The model of the job; `asked` hears the name of each question before it is answered. */
export function jobModel(asked: (name: string) => void | Promise<void>): Model {
  return async (messages, { purpose }) => {
    const prompt = messages[0]?.content ?? "";
    const session = questionOf(messages) === query ? "root" : questionOf(messages);
    const name = purpose === "sub" ? prompt : `${session} ${turnOf(messages)}`;
    await asked(name);
    const text =
      purpose === "sub" ? `<${name}>` : `[${name}]\n${repl(codes[name] ?? `FINAL(await llm_query("${session} x"))`)}`;
    return { text, usage: { inputTokens: 10, outputTokens: 5 } };
  };
}

/** Tells the names of the questions whose replies are recorded. */
export function onRecorded(recorded: (name: string) => void): Emit {
  return (event) => {
    if (event.type !== "journal") return;
    const { event: happened } = event;
    const text = happened.type === "reply" ? happened.text : happened.type === "result" ? (event.text ?? "") : "";
    const [, name] = /^(?:\[([^\]]+)\]\n|<([^>]+)>$)/.exec(text)?.filter((part) => part !== undefined) ?? [];
    if (name !== undefined) recorded(name);
  };
}
