import type { ChatMessage, ModelOptions } from "rlm-core";
import type { Trajectory } from "rlm-core/trajectory";
import { repl, turnOf } from "./scenario.ts";

// A job of everything that a resume has to keep: plain calls, children and a tool at once, a block that is rolled back and
// leaves a paid result to the next one, and a last block at the limit on turns.
export const context = "the whole context ".repeat(100);
export const jobLimits = { depth: 2, turns: 3, directBelow: 0, heapMb: 64 };
export const jobAnswer =
  "re sub-1; re child-1 a+re child-1 b; re child-2 a+re child-2 b; looked; re sub-3; re sub-4; re sub-5";

const blocks: Record<string, string> = {
  "root 1": `const asked = llm_query("sub-1");
const looked = tools.look({});
const children = await rlm_query_batched(["child-1", "child-2"].map((query) => ({ query, context: context.slice(0, 100) })));
const seen = [await asked, ...children, await looked];
print(seen.join());`,
  "root 2": `const lost = await llm_query("sub-3");
const hog = [];
while (true) hog.push(new Array(1e6).fill(1));`,
  "root 3": `const kept = await llm_query_batched(["sub-3", "sub-4"]);
print(kept.join());`,
  "root conclude": `FINAL([...seen, ...kept, await llm_query("sub-5")].join("; "))`,
};

/** What the model says, and what a test counts it by: a session's turn, or a prompt. */
export function replyTo(
  messages: readonly ChatMessage[],
  { purpose, depth }: Pick<ModelOptions, "purpose" | "depth">,
): { name: string; text: string } {
  const text = messages.map(({ content }) => content).join("\n");
  if (purpose === "sub") return { name: text, text: `re ${text}` };
  const session = depth === 0 ? "root" : (/child-\d/.exec(text)?.[0] ?? "?");
  const name = `${session} ${purpose === "conclude" ? "conclude" : turnOf(messages)}`;
  const code = blocks[name] ?? `FINAL((await llm_query_batched(["${session} a", "${session} b"])).join("+"))`;
  return { name, text: repl(code) };
}

/** Everything that the job asks for, each once. */
export const everything = [
  ...Object.keys(blocks),
  ...[1, 3, 4, 5].map((number) => `sub-${number}`),
  ...["child-1", "child-2"].flatMap((child) => [`${child} 1`, `${child} a`, `${child} b`]),
  "tool",
].toSorted();

/** What a trajectory has of that: it may never be asked for again. */
export function recordedIn({ runs }: Trajectory): string[] {
  const names = [...runs.values()].flatMap(({ start, journal, texts }) => {
    const session = start.depth === 0 ? "root" : start.query;
    let turn = 0;
    return journal.flatMap((event) => {
      if (event.type === "reply") return `${session} ${event.concludes === undefined ? ++turn : "conclude"}`;
      const text = event.type === "result" ? texts.get(event.ref) : undefined;
      if (text === "looked") return "tool";
      return text?.startsWith("re ") === true && !text.includes("+") ? text.slice(3) : [];
    });
  });
  return [...new Set(names)].toSorted();
}

/** Calls that a trajectory's budget set something aside for, and did not give back. */
export function paidIn({ runs }: Trajectory): number {
  const entries = [...runs.values()].flatMap(({ budget }) => budget).map(({ type }) => type);
  return entries.filter((type) => type === "reserve").length - entries.filter((type) => type === "release").length;
}
