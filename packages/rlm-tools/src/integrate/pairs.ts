import { checkOptions } from "../check-options.ts";
import type { JsonSchema, KitRepl } from "rlm-core";
import { askAll, defined, itemsOf, queriesOf, wordsOf } from "./ask.ts";
import { contentOf, lineOf, marked, packed } from "./marked.ts";

export interface PairsOptions {
  /** Only items with a value in common are compared: a field's name, or a function that gives one value or several. @default all with all */
  by?: string | ((item: never) => unknown);
  /** Items that one sub-call compares with each other, at most. @default 30 */
  size?: number;
  /** Sub-calls at most, those asked once more aside; where more would be needed, nothing is asked. @default 200 */
  maxCalls?: number;
  model?: string;
}

export interface Pairs {
  /** Indices, the smaller one first, in order. */
  pairs: [number, number][];
  /** Items of which some pairs were not compared: of a failed call, or too long for a prompt. */
  failed: { items: number[]; error: Error }[];
}

const replySchema: JsonSchema = {
  type: "object",
  properties: { pairs: { type: "array", items: { type: "array", items: { type: "integer" } } } },
  required: ["pairs"],
};

/**
 * All pairs of items that satisfy a condition. Items are compared within blocks (`by`), so that calls grow with the number of
 * blocks: a block of n items takes one call if n <= size, else h (h - 1) / 2 of them, h being n / floor(size / 2), rounded up;
 * more where that many items do not fit into a prompt.
 */
export async function pairs(
  repl: KitRepl,
  given: readonly unknown[],
  condition: string,
  options: PairsOptions = {},
): Promise<Pairs> {
  const items = itemsOf(given, "pairs");
  const task = wordsOf(condition, "the condition", "pairs");
  const {
    by,
    size = 30,
    maxCalls = 200,
    model,
  } = checkOptions<PairsOptions>(options, "integrate.pairs", ["by", "size", "maxCalls", "model"]);
  if (!Number.isSafeInteger(size) || size < 2)
    throw new RangeError(`integrate.pairs: expected size to be an integer of 2 or more, got ${String(size)}`);
  if (!Number.isSafeInteger(maxCalls) || maxCalls < 1)
    throw new RangeError(`integrate.pairs: expected maxCalls to be an integer of 1 or more, got ${String(maxCalls)}`);
  const queries = queriesOf(repl, "pairs");
  const room = queries.promptChars - promptOf(task, [], items).length - 200;
  const lengthOf = (index: number): number => lineOf({ number: index + 1, text: contentOf(items[index]) }).length;
  const isLong = (index: number): boolean => lengthOf(index) > room / 2;
  const failed = [...items.keys()].filter(isLong).map((index): Pairs["failed"][number] => ({
    items: [index],
    error: new RangeError(
      `It has ${contentOf(items[index]).length} characters, of which two do not fit into a prompt: shorten it first`,
    ),
  }));

  const blocks = [...blocksOf(items, by).values()].map((block) => block.filter((index) => !isLong(index)));
  const portions = blocks.flatMap((block) => (block.length < 2 ? [] : portionsOf(block, lengthOf, room, size)));
  if (portions.length > maxCalls)
    throw new RangeError(
      `integrate.pairs: ${items.length} items would take ${portions.length} calls, more than maxCalls (${maxCalls}): compare only items with something in common by { by: (item) => … }`,
    );
  const replies = await askAll(
    queries,
    portions.map((portion) => promptOf(task, portion, items)),
    defined({ schema: replySchema, model }),
  );
  const found = new Map<string, [number, number]>();
  for (const [at, portion] of portions.entries()) {
    const reply = replies[at];
    if (reply instanceof Error) failed.push({ items: portion, error: reply });
    else for (const pair of pairsIn(reply, new Set(portion))) found.set(pair.join(), pair);
  }
  return { pairs: [...found.values()].toSorted(([a, b], [c, d]) => a - c || b - d), failed };
}

/** Indices by what they have in common; two items may meet in several blocks. */
function blocksOf(items: readonly unknown[], by: PairsOptions["by"]): Map<string, number[]> {
  const blocks = new Map<string, number[]>();
  for (const [index, item] of items.entries()) {
    const value = by === undefined ? "all" : typeof by === "function" ? by(item as never) : Object(item)[by];
    const keys = new Set(
      (Array.isArray(value) ? value : [value]).map(
        (key) => `${typeof key} ${typeof key === "number" ? String(key) : JSON.stringify(key)}`,
      ),
    );
    for (const key of keys) {
      const block = blocks.get(key);
      if (block === undefined) blocks.set(key, [index]);
      else block.push(index);
    }
  }
  for (const [key, block] of blocks) if (block.length < 2) blocks.delete(key);
  return blocks;
}

/** Groups of items such that each pair of a block is in one of them. */
function portionsOf(block: number[], lengthOf: (index: number) => number, room: number, size: number): number[][] {
  const whole = packed(block, lengthOf, room, size);
  if (whole.length === 1) return whole;
  const halves = packed(block, lengthOf, room / 2, Math.max(1, Math.floor(size / 2)));
  return halves.flatMap((half, at) => halves.slice(at + 1).map((other) => [...half, ...other]));
}

function promptOf(task: string, portion: readonly number[], items: readonly unknown[]): string {
  const texts = portion.map((index) => ({ number: index + 1, text: contentOf(items[index]) }));
  return `Find all pairs among the items below that satisfy this condition: ${task}\n\nCompare each item with each other one. Reply with JSON only, in the form {"pairs": [[1, 2], …]}: the numbers of the two items of each pair that satisfies it, each pair once; {"pairs": []} if there is none.\n\n${marked(texts)}`;
}

/** What of a reply is a pair of the portion. */
function pairsIn(reply: unknown, portion: ReadonlySet<number>): [number, number][] {
  const { pairs: listed } = Object(reply) as { pairs?: unknown };
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((pair: unknown): [number, number][] => {
    if (!Array.isArray(pair) || pair.length !== 2) return [];
    const [a, b] = pair.map((number) => Number(number) - 1).toSorted((one, other) => one - other);
    if (a === undefined || b === undefined || a === b || !portion.has(a) || !portion.has(b)) return [];
    return [[a, b]];
  });
}
