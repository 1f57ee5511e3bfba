import type { ReviewRequest } from "rlm-core";
import { evidenceWords } from "../ask/evidence-words.ts";
import { limitFlags, limitWords } from "../ask/limit-flags.ts";
import { plainJson } from "../ask/plain-answer.ts";
import { number, plural } from "../live-tree/words.ts";
import { plainLine, visibleText } from "../plain-text.ts";

/** What a person is shown of a request, on a terminal of so many columns: nothing in it that the terminal would obey or hide. */
export function reviewWords(request: ReviewRequest, width = 80): string {
  const { depth, turn } = request;
  const where = `${depth === 0 ? "" : `child at depth ${depth}, `}turn ${turn}`;
  if (request.kind === "code") return `The model wants to run this code (${where}):\n${framed(request.code, width)}`;
  if (request.kind === "tool")
    return `The code wants to call the tool ${plainLine(request.tool, 80)} (${where}) with:\n${framed(plainJson(request.args, 2), width)}`;
  if (request.kind === "answer") {
    const { answer, status, citations, unverified } = request;
    const evidence = citations && evidenceWords({ citations, ...(unverified && { unverified }) }, "");
    const below = evidence === undefined ? "" : `\nIts evidence:\n${framed(evidence.trimEnd(), width)}`;
    return `The answer (${status}):\n${framed(typeof answer === "string" ? answer : plainJson(answer, 2), width)}${below}`;
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

/** Untrusted text as lines that cannot be taken for this program's own: a terminal would wrap long ones without the frame. */
function framed(text: string, width: number): string {
  const lines = visibleText(text)
    .split("\n")
    .flatMap((line) => pieces(line, Math.max(20, width - 5)));
  const more = lines.length - mostLines;
  const shown = lines.slice(0, mostLines).map((line) => `  | ${line}`);
  return [...shown, ...(more > 0 ? [`  | … ${number(more)} more lines: e shows them`] : [])].join("\n");
}

function pieces(line: string, width: number): string[] {
  // Other characters may be two columns wide.
  const size = /^[ -~]*$/.test(line) ? width : Math.floor(width / 2);
  const characters = Array.from(line);
  const count = Math.max(1, Math.ceil(characters.length / size));
  return Array.from({ length: count }, (_, at) => characters.slice(at * size, (at + 1) * size).join(""));
}

// A terminal keeps about that much; an editor shows all.
const mostLines = 400;
