import type { Limits } from "../limits.ts";
import type { ContextRef } from "../context.ts";
import { isKit, type Kit, type Tool } from "../tool.ts";
import { typeOfSchema } from "./type-of-schema.ts";

/** What the REPL of a session offers, for the prompt and for nothing else. */
export interface Surface {
  contexts: readonly ContextRef[];
  /** Those of earlier runs, by the names that they have now. @default none */
  earlier?: readonly ContextRef[];
  /** Whether the code has the query functions. */
  queries: boolean;
  /** Whether `rlm_query` opens a child RLM here, or is one plain call. */
  recursion: boolean;
  tools: readonly (Tool | Kit)[];
  /** Names of models that the code may choose. */
  models: readonly string[];
  limits: Limits;
  /** Whether a person may refuse code, a tool's call or the answer, or did in an earlier run of the REPL. @default false */
  reviewed?: boolean;
  /** Whether the answer needs evidence. @default false */
  cite?: boolean;
}

/** The part of the system message that lists the REPL's variables and functions. */
export function describeSurface(surface: Surface): string {
  const { limits, earlier = [] } = surface;
  const lines = [
    "Modern JavaScript with top-level `await`. Variables (`const` ones too), functions and classes stay for later turns, also after an error. There is no `require`, no `import`, no file, no network, no timer and no `eval`.",
    "",
    ...surface.contexts.map((context) => `- \`${context.name}\`: ${describeContext(context)}.`),
    ...earlier.map((context) => `- \`${context.name}\`: ${describeContext(context)}, given with an earlier question.`),
    ...pagedLines([...surface.contexts, ...earlier]),
    "- `find(pattern, { around = 150, max = 10, within })`: searches every string in `within` (by default the context) for all matches of a RegExp, with or without `g`, or for a plain string in any case. Returns `{ total, hits: [{ key, at, text }] }`: `key` is the index or key of the string (none if `within` is one string), `at` the offset, `text` the match with `around` characters on both sides. Printed, it is a readable list.",
    ...(surface.queries ? queryLines(surface) : []),
    ...surface.tools.flatMap(toolLines),
    `- \`print(...values)\`: shows values to you. At most ${count(limits.outputChars)} characters a turn come back (the beginning and the end). What you print you read again in every later turn, so print what you need to decide the next step and keep the rest in variables.`,
    "- `SHOW_VARS()`: prints your variables with their types and sizes.",
    `- \`FINAL(value${surface.cite === true ? ", evidence" : ""})\`: ends the run with \`value\` as the answer, in the form that the question asks for; where it leaves that open, the bare value or phrase for a fact, and for anything else prose of the length that the question needs. A string is taken as it is, anything else as JSON.${surface.cite === true ? ` ${evidenceWords}` : ""}`,
  ];
  return lines.join("\n");
}

/** "a string of 10,781,809 characters", for the prompt and for error texts. */
export function describeContext({ kind, length, items, paged }: ContextRef): string {
  if (kind === "string") return `a ${paged === true ? "LongText" : "string"} of ${count(length)} characters`;
  if (paged === true && kind === "array")
    return `an array of ${count(items ?? 0)} rows, read from a file of ${count(length)} characters`;
  if (paged === true) return `an object of ${count(items ?? 0)} keys, read from a file of ${count(length)} characters`;
  const parts = items === undefined ? "" : ` of ${count(items)} ${kind === "array" ? "elements" : "keys"}`;
  return `${kind === "array" ? "an array" : "an object"}${parts}, ${count(length)} characters as JSON`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** What FINAL wants beside the answer where it needs evidence. */
const evidenceWords =
  '`evidence` is an array of `{ claim, quote, source }`, one for each claim of the answer or several, such as `[{ claim: "Report 14 gives 7.2 bar", quote: line, source: "reports/14.txt" }]`: `claim` says it shortly, `quote` is one passage of the context that shows it without the others, word for word, whole sentences or lines (at most 2,000 characters; of a count, a few of what was counted), `source` the variable that holds it, or the key in it. Cut quotes out of the context by code rather than type them, and look up what a sub-call quotes: one that stands nowhere in the context is an error. Pass `[]` only where the context does not hold the answer.';

/** How what is read in parts differs from what the code knows. */
function pagedLines(contexts: readonly ContextRef[]): string[] {
  const paged = contexts.filter((context) => context.paged === true);
  const texts = paged.some(({ kind }) => kind === "string")
    ? [
        "  A LongText is longer than a string can be. It has of a string `length`, `[i]`, `at`, `slice`, `indexOf`, `lastIndexOf`, `includes`, `startsWith`, `endsWith`, `search`, `match`, `matchAll` and `split`, and `count(pattern)`, `lines()` and `chunks(size, overlap = 0)` (both to be gone through by `for … of`). `find` and `rlm_query` take it too. For anything else take a part of it first. A search of all of it takes about a second for each gigabyte, going through its lines some seconds.",
      ]
    : [];
  const lists = paged.some(({ kind }) => kind !== "string")
    ? [
        "  What is read from a file is not in memory: go through it in order, keep only what you need of it, and do not change it. Methods of arrays, `for … of` and `Object.keys` work; a line that is not JSON is given as its text.",
      ]
    : [];
  return [...texts, ...lists];
}

function queryLines({ recursion, models, limits }: Surface): string[] {
  const model = models.length === 0 ? "" : `, model`;
  const lines = [
    `- \`await llm_query(prompt, { schema${model} })\`: asks another model once. It sees the prompt (at most ${count(limits.promptChars)} characters) and nothing else, so put the instructions and the text in it. Returns its reply as a string or, with a JSON Schema as \`schema\`, the parsed value.`,
    '- `await llm_query_batched(prompts, { schema })`: asks many at once. Returns an array in the order of the prompts; where a call failed, the slot holds an Error; its `code` is "budget" where no more calls are left.',
    "- `await llm_map(items, instruction, { schema, size = 100 })`: one value for each item (a string or an object), `schema` being that of one value, such as `{ enum: ['yes', 'no', 'unsure'] }`, or of an object with a field more for a second choice, to look again at those that could change the answer. Sends numbered portions of at most `size` items, marked as data, with the instruction, one sub-call a portion (take some 30 items where one needs thought), checks that every item has a value that fits, asks once more for the others, and returns an array in the order of the items; an item that still has no value holds an Error.",
    recursion
      ? "- `await rlm_query(query, context, { schema })`: gives a question and a piece of the context (a string, array or object) to a helper that works as you do, with a REPL of its own. Slow and dear: only for a piece that needs several steps itself. `rlm_query_batched([{ query, context }, …])` runs several."
      : "- `await rlm_query(query, context)`: here the same as one `llm_query` with both in its prompt.",
  ];
  if (models.length > 0)
    lines.push(
      `  \`model\` is one of ${models.map((name) => `"${name}"`).join(", ")}; without it the usual one is asked.`,
    );
  return lines;
}

/** One line for each function. */
function toolLines(tool: Tool | Kit): string[] {
  if (!isKit(tool)) {
    const args = typeOfSchema(tool.parameters);
    return [`- \`await tools.${tool.name}(args: ${args})\`: ${oneLine(tool.description)}`];
  }
  const functions = Object.entries(tool.functions);
  return functions.map(
    ([name, { signature, description }]) =>
      `- \`${signature.includes("=> Promise<") ? "await " : ""}${tool.name}.${name}${signature}\`: ${oneLine(description)}`,
  );
}

// A description may be the documentation of a tool that was made for something else.
function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]\s*/g, " ");
}
