import type { KitRepl } from "rlm-core";
import { askAll, defined, itemsOf, optionsOf, queriesOf, wordsOf, type Queries } from "./ask.ts";
import { contentOf, marked, packed } from "./marked.ts";

export interface ReduceOptions {
  /** "tree": groups are reduced, then what came of them, until one is left. "refine": one draft, bettered group by group. "concatenate": what comes of each group, in order. @default "tree" */
  how?: "tree" | "refine" | "concatenate";
  model?: string;
}

/** What is left of many texts. */
export interface Reduced {
  value: string;
  /** Items that are not in it, by index from `start` to before `end`. */
  failed: { start: number; end: number; error: Error }[];
}

interface Part {
  text: string;
  start: number;
  end: number;
}

const ways = ["tree", "refine", "concatenate"];

/** Makes one text of many by an instruction, such as "Summarise"; groups as many as fit into a prompt. */
export async function reduce(
  repl: KitRepl,
  given: readonly unknown[],
  instruction: string,
  options: ReduceOptions = {},
): Promise<Reduced> {
  const items = itemsOf(given, "reduce");
  const task = wordsOf(instruction, "the instruction", "reduce");
  const { how = "tree", model } = optionsOf<ReduceOptions>(options, "reduce", ["how", "model"]);
  if (!ways.includes(how))
    throw new RangeError(`integrate.reduce: expected how to be ${ways.join(", ")}, got ${JSON.stringify(how)}`);
  const queries = queriesOf(repl, "reduce");
  const parts = items.map((item, index): Part => ({ text: contentOf(item), start: index, end: index + 1 }));
  const room = roomOf(queries, task);
  const long = parts.find((part) => lengthOf(part) > room);
  if (long !== undefined)
    throw new RangeError(
      `integrate.reduce: item ${long.start} has ${long.text.length} characters, more than the ${room} that fit into a prompt: cut it first by decompose.chunks`,
    );
  const work = { queries, task, room, failed: [], ...defined({ model }) };
  if (parts.length === 0) return { value: "", failed: [] };
  if (how === "refine") return { value: await refined(parts, work), failed: work.failed };
  const once = await reducedOnce(parts, work);
  if (how === "concatenate") return { value: once.map(({ text }) => text).join("\n\n"), failed: work.failed };
  return { value: await tree(once, work), failed: work.failed };
}

interface Work {
  queries: Queries;
  task: string;
  room: number;
  failed: Reduced["failed"];
  model?: string;
}

async function tree(parts: readonly Part[], work: Work): Promise<string> {
  let left = parts;
  while (left.length > 1) {
    const next = await reducedOnce(left, work);
    // Where nothing gets shorter, or nothing comes back, what there is is the best there is.
    if (next.length === 0 || next.length >= left.length)
      return (next.length === 0 ? left : next).map(({ text }) => text).join("\n\n");
    left = next;
  }
  return left[0]?.text ?? "";
}

async function reducedOnce(parts: readonly Part[], work: Work): Promise<Part[]> {
  const groups = packed(parts, lengthOf, work.room);
  const replies = await askAll(
    work.queries,
    groups.map((group) => promptOf(work.task, group)),
    defined({ model: work.model }),
  );
  return groups.flatMap((group, at): Part[] => {
    const [start, end] = [group[0]?.start ?? 0, group.at(-1)?.end ?? 0];
    const reply = replies[at];
    if (typeof reply === "string") return [{ text: cut(reply, work.room), start, end }];
    work.failed.push({ start, end, error: reply instanceof Error ? reply : new Error("no reply") });
    return [];
  });
}

async function refined(parts: readonly Part[], work: Work): Promise<string> {
  // The draft has a third of a prompt.
  const groups = packed(parts, lengthOf, Math.floor((work.room * 2) / 3));
  let draft = "";
  for (const group of groups) {
    const task =
      draft === ""
        ? work.task
        : `${work.task}\n\nThere is a draft, made of the items before these. Give a whole new version of it that takes these items in; keep what they do not change. The draft, as JSON: ${JSON.stringify(draft)}`;
    const [reply] = await askAll(work.queries, [promptOf(task, group)], defined({ model: work.model }));
    if (typeof reply === "string") draft = cut(reply, Math.floor(work.room / 4));
    else
      work.failed.push({
        start: group[0]?.start ?? 0,
        end: group.at(-1)?.end ?? 0,
        error: reply instanceof Error ? reply : new Error("no reply"),
      });
  }
  return draft;
}

function promptOf(task: string, group: readonly Part[]): string {
  return `${task}\n\nDo this for all of the items below together, and reply with the result alone.\n\n${marked(group.map(({ text, start }) => ({ number: start + 1, text })))}`;
}

function roomOf({ promptChars }: Queries, task: string): number {
  return Math.max(1, promptChars - promptOf(task, []).length - 200);
}

// As it stands in the prompt: JSON may be up to six times as long as the text.
function lengthOf({ text, start }: Part): number {
  return marked([{ number: start + 1, text }]).length;
}

/** A reply that is itself too long for the next prompt has lost its sense of proportion; its beginning is kept. */
function cut(reply: string, room: number): string {
  return lengthOf({ text: reply, start: 0, end: 1 }) <= room ? reply : `${reply.slice(0, Math.floor(room / 6))} […]`;
}
