import { checkOptions } from "../check-options.ts";
import type { KitRepl } from "rlm-core";
import { askAll, defined, itemsOf, queriesOf, wordsOf, type Queries } from "./ask.ts";
import { beginningOf, contentOf, lineOf, marked, packed } from "./marked.ts";

export interface ReduceOptions {
  /** "tree": groups are reduced, then what came of them, until one is left. "refine": one draft, bettered group by group. "concatenate": what comes of each group, in order. @default "tree" */
  how?: "tree" | "refine" | "concatenate";
  model?: string;
}

/** What came of many texts. */
export interface Reduced {
  value: string;
  /** Items that are not in it, or whose text was cut on the way, by index from `start` to before `end`. */
  failed: { start: number; end: number; error: Error }[];
}

interface Part {
  text: string;
  start: number;
  end: number;
  /** It was cut. */
  loss?: Error;
}

const ways = ["tree", "refine", "concatenate"];
const leastRoom = 200;

/** Makes one text of many by an instruction, such as "Summarise"; groups as many as fit into a prompt. */
export async function reduce(
  repl: KitRepl,
  given: readonly unknown[],
  instruction: string,
  options: ReduceOptions = {},
): Promise<Reduced> {
  const items = itemsOf(given, "reduce");
  const task = wordsOf(instruction, "the instruction", "reduce");
  const { how = "tree", model } = checkOptions<ReduceOptions>(options, "integrate.reduce", ["how", "model"]);
  if (!ways.includes(how))
    throw new RangeError(`integrate.reduce: expected how to be ${ways.join(", ")}, got ${JSON.stringify(how)}`);
  const queries = queriesOf(repl, "reduce");
  const parts = items.map((item, index): Part => ({ text: contentOf(item), start: index, end: index + 1 }));
  const room = roomOf(queries, task);
  const most = how === "refine" ? Math.floor(((room - draftWords.length) * 2) / 3) : room;
  if (most < leastRoom)
    throw new RangeError(
      `integrate.reduce: the instruction has ${task.length} characters, which leaves ${Math.max(0, most)} of a prompt for the items: shorten it`,
    );
  const fitting = parts.filter((part) => lengthOf(part) <= most);
  const failed = parts.flatMap((part): Reduced["failed"] =>
    lengthOf(part) <= most ? [] : [{ start: part.start, end: part.end, error: tooLong(part, most) }],
  );
  const work = { queries, task, room: most, draftRoom: room - draftWords.length - most, failed, ...defined({ model }) };
  if (fitting.length === 0) return { value: "", failed };
  if (how === "refine") return { value: await refined(fitting, work), failed };
  const once = await reducedOnce(fitting, work);
  failed.push(...once.failed);
  if (how === "concatenate") return { value: once.parts.map(({ text }) => text).join("\n\n"), failed };
  return { value: await tree(once.parts, work), failed };
}

function tooLong({ text }: Part, most: number): RangeError {
  return new RangeError(
    `It has ${text.length} characters, more than the ${most} that fit into a prompt: cut it first by decompose.chunks`,
  );
}

interface Work {
  queries: Queries;
  task: string;
  room: number;
  /** Of "refine": characters that the draft may have in the prompt. */
  draftRoom: number;
  failed: Reduced["failed"];
  model?: string;
}

async function tree(parts: readonly Part[], work: Work): Promise<string> {
  let left = parts;
  while (left.length > 1) {
    const next = await reducedOnce(left, work);
    // Where nothing comes back, what there is is the best there is, and so it is where nothing gets shorter.
    if (next.parts.length === 0) break;
    work.failed.push(...next.failed);
    const isShorter = next.parts.length < left.length;
    left = next.parts;
    if (!isShorter) break;
  }
  return left.map(({ text }) => text).join("\n\n");
}

async function reducedOnce(given: readonly Part[], work: Work): Promise<{ parts: Part[]; failed: Reduced["failed"] }> {
  // Half of a prompt for one that is too long, so that two fit into one and the tree comes to an end.
  const parts = given.map((part) => (lengthOf(part) <= work.room ? part : shortened(part, work.room / 2)));
  const groups = packed(parts, lengthOf, work.room);
  const replies = await askAll(
    work.queries,
    groups.map((group) => promptOf(work.task, group)),
    defined({ model: work.model }),
  );
  const reduced: Part[] = [];
  const failed: Reduced["failed"] = [];
  for (const [at, group] of groups.entries()) {
    const place = placeOf(group);
    const reply = replies[at];
    if (typeof reply === "string") {
      reduced.push({ text: reply, ...place });
      failed.push(...group.flatMap(lossOf));
    } else failed.push({ ...place, error: errorOf(reply) });
  }
  return { parts: reduced, failed };
}

async function refined(parts: readonly Part[], work: Work): Promise<string> {
  let draft: Part | undefined;
  for (const group of packed(parts, lengthOf, work.room)) {
    const shown = draft && (lengthOf(draft) <= work.draftRoom ? draft : shortened(draft, work.draftRoom));
    const task = shown === undefined ? work.task : `${work.task}\n\n${draftWords}${JSON.stringify(shown.text)}`;
    const [reply] = await askAll(work.queries, [promptOf(task, group)], defined({ model: work.model }));
    const place = placeOf(group);
    if (typeof reply === "string") {
      work.failed.push(...(shown === undefined ? [] : lossOf(shown)));
      draft = { text: reply, start: draft?.start ?? place.start, end: place.end };
    } else work.failed.push({ ...place, error: errorOf(reply) });
  }
  return draft?.text ?? "";
}

const draftWords =
  "There is a draft, made of the items before these. Give a whole new version of it that takes these items in; keep what they do not change. The draft, as JSON: ";

function placeOf(group: readonly Part[]): { start: number; end: number } {
  return { start: group[0]?.start ?? 0, end: group.at(-1)?.end ?? 0 };
}

function errorOf(reply: unknown): Error {
  return reply instanceof Error ? reply : new Error("no reply");
}

function promptOf(task: string, group: readonly Part[]): string {
  return `${task}\n\nDo this for all of the items below together, and reply with the result alone.\n\n${marked(group.map(({ text, start }) => ({ number: start + 1, text })))}`;
}

function roomOf({ promptChars }: Queries, task: string): number {
  return promptChars - promptOf(task, []).length - 200;
}

// As it stands in the prompt: JSON may be up to six times as long as the text.
function lengthOf({ text, start }: Part): number {
  return lineOf({ number: start + 1, text }).length;
}

/** A reply that is itself too long for the next prompt has lost its sense of proportion; its beginning goes on. */
function shortened(part: Part, room: number): Part {
  const kept = beginningOf(part.text, (text) => lengthOf({ ...part, text: text + cutMark }) <= room);
  const message = `What came of it has ${part.text.length} characters, too many for the next prompt, which got the first ${kept.length}: ask for less`;
  return { ...part, text: kept + cutMark, loss: new RangeError(message) };
}

const cutMark = " […]";

function lossOf({ start, end, loss }: Part): Reduced["failed"] {
  return loss === undefined ? [] : [{ start, end, error: loss }];
}
