import type { JournalEvent } from "../journal.ts";
import type { Variable } from "../sandbox.ts";
import { turnsOfAllRuns } from "../turns.ts";

/** The variables that a model is shown, a line each, with what each value begins with; of more than `most` the others are named. */
export function offeredVariables(variables: readonly Variable[], journal: readonly JournalEvent[], most = 50): string {
  return linesOf(variables, journal, most, (variable) => {
    // A line each, or the next one could not be told from a text of this one.
    const line = variable.preview.replaceAll(/\s*\n\s*/g, " ");
    return line === "" ? nameOf(variable) : `${nameOf(variable)}: ${line}`;
  });
}

/** The same without their values, which are old when these lines are read again. */
export function variableNames(variables: readonly Variable[], journal: readonly JournalEvent[], most = 50): string {
  return linesOf(variables, journal, most, nameOf);
}

/** What was changed last first, of one turn the biggest, and after all results functions and what is empty. */
function linesOf(
  variables: readonly Variable[],
  journal: readonly JournalEvent[],
  most: number,
  line: (variable: Variable) => string,
): string {
  // What was rolled back has changed nothing.
  const blocks = turnsOfAllRuns(journal).map(({ block, end }) => (end?.rolledBack === true ? "" : (block?.code ?? "")));
  const ranked = variables
    .map((variable) => ({ variable, rank: rankOf(variable, blocks) }))
    .toSorted((a, b) => compare(a.rank, b.rank))
    .map(({ variable }) => variable);
  const others = ranked.slice(most, most + 200).map(({ name }) => name);
  const left = ranked.length - most;
  return [
    ...ranked.slice(0, most).map(line),
    ...(left > 0 ? [`and ${left} more, such as ${others.join(", ")}`] : []),
  ].join("\n");
}

function nameOf({ name, type, size }: Variable): string {
  return `${name} (${[type, size].filter((part) => part !== "").join(", ")})`;
}

/** Greatest first: whether it is a result, the turn that changed it last, its size. */
type Rank = readonly [result: number, turn: number, size: number];

function rankOf({ name, type, size }: Variable, blocks: readonly string[]): Rank {
  const word = `(?<![\\w$.])${name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}(?![\\w$])`;
  const mention = new RegExp(word);
  // Assignments, and the calls that fill lists, maps and sets.
  const change = new RegExp(
    `${word}(?:\\[[^\\]\\n]{0,200}\\]|\\.\\w+)?\\s*(?:[-+*/|&?]{0,2}=(?![=>])|\\.(?:push|unshift|splice|set|add)\\()`,
  );
  // A name that is taken out of an object or a list is declared where it is met first.
  const turn = Math.max(
    blocks.findLastIndex((code) => change.test(code)),
    blocks.findIndex((code) => mention.test(code)),
  );
  const number = Number(size.replaceAll(",", "").match(/^\d+/)?.[0] ?? 0);
  const isResult = !tools.has(type) && !size.startsWith("0 ");
  return [isResult ? 1 : 0, turn, number];
}

const tools = new Set(["function", "class", "undefined", "null", "getter"]);

function compare(a: Rank, b: Rank): number {
  return b[0] - a[0] || b[1] - a[1] || b[2] - a[2];
}
