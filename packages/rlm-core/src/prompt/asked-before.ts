import type { RlmState } from "../state.ts";
import { newestTask } from "../turns.ts";
import type { Mark } from "./marked.ts";
import { count } from "./surface.ts";

/** What the model is told at the start of a further run in a REPL; nothing for the first. */
export function toldOfBefore(state: RlmState, mark: Mark): string[] {
  const task = newestTask(state.journal);
  if (task === undefined) return [];
  const { variables } = task;
  const list = variables.map(({ name, type, size }) => `${name}: ${type}${size === "" ? "" : `, ${size}`}`).join("\n");
  return [
    ...askedBefore(state, mark),
    variables.length === 0
      ? "They were answered in this REPL; `SHOW_VARS()` lists the variables that there are."
      : `They were answered in this REPL, and its variables are still there: use what they hold instead of finding it again.\n${mark(list, "variables")}`,
  ];
}

/** The earlier questions of a thread, how the last answer began, and what persons said meanwhile. */
export function askedBefore({ earlier = [], journal }: RlmState, mark: Mark): string[] {
  if (earlier.length === 0) return [];
  const shown = earlier.slice(-shownQuestions);
  const hidden = earlier.length - shown.length;
  const questions = shown.map(({ query }) => `- ${shortened(query)}`);
  const left = hidden === 0 ? "" : ` (${count(hidden)} more before these)`;
  const { before, said = [] } = newestTask(journal) ?? {};
  return [
    `Earlier questions, the newest last${left}:\n${questions.join("\n")}`,
    ...(before === undefined ? [] : [`The answer to the newest of them began:\n${mark(before, "answer")}`]),
    ...(said.length === 0
      ? []
      : [
          `A person who looked at the work on them did not let all of it pass, and said why. It still holds, as far as it bears on this question:\n${said.map((wish) => `- ${onOneLine(wish)}`).join("\n")}`,
        ]),
  ];
}

const shownQuestions = 10;
const shownChars = 300;

function shortened(query: string): string {
  const line = onOneLine(query);
  return line.length <= shownChars ? line : `${line.slice(0, shownChars)}…`;
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}
