import type { ReviewRequest } from "rlm-core";
import { limitFlags, limitWords } from "../ask/limit-flags.ts";
import { plainJson } from "../ask/plain-answer.ts";
import { number, plural } from "../live-tree/words.ts";
import { plainLine, plainText } from "../plain-text.ts";

/** What a person is shown of a request: without anything that a terminal would obey. */
export function reviewWords(request: ReviewRequest): string {
  const { depth, turn } = request;
  const where = `${depth === 0 ? "" : `child at depth ${depth}, `}turn ${turn}`;
  if (request.kind === "code") return `The model wants to run this code (${where}):\n${indented(request.code)}`;
  if (request.kind === "tool")
    return `The code wants to call the tool ${plainLine(request.tool, 80)} (${where}) with:\n${indented(plainJson(request.args, 2))}`;
  if (request.kind === "answer") {
    const { answer, status } = request;
    return `The answer (${status}):\n${indented(typeof answer === "string" ? answer : plainJson(answer, 2))}`;
  }
  const { limit, max, spent, needed, calls } = request;
  const next = needed === undefined ? "" : `, the next call may need ${limitWords(limit, needed)}`;
  const waiting =
    calls === 0
      ? "Without more, the run gives the best answer there is."
      : `${plural(calls, "sub-call")} of the code ${calls === 1 ? "waits" : "wait"} for it.`;
  return `The limit --${limitFlags[limit].flag} is reached (${where}): it is ${limitWords(limit, max)}, spent ${limitWords(limit, spent)}${next}.\n${waiting}`;
}

/** What can be typed. */
export function choicesFor(request: ReviewRequest): string {
  if (request.kind !== "budget")
    return `Go on? y yes, n no, e edit, a yes to all ${plurals[request.kind]} from now on, q quit: `;
  const { limit, suggested } = request;
  return `Raise it? y to ${limitWords(limit, suggested)}, or type to what, n no, a always, q quit: `;
}

const plurals = { code: "code", tool: "tool calls", answer: "answers" };

/** Untrusted text as lines that cannot be taken for this program's own. */
function indented(text: string): string {
  return plainText(text)
    .split("\n")
    .map((line) => `  | ${line}`)
    .slice(0, mostLines)
    .concat(
      text.split("\n").length > mostLines
        ? [`  | … ${number(text.split("\n").length - mostLines)} more lines: e shows them`]
        : [],
    )
    .join("\n");
}

// A terminal keeps about that much; an editor shows all.
const mostLines = 400;
