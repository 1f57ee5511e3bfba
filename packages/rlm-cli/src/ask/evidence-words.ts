import { relative } from "node:path";
import type { CitedPlace, UnverifiedClaim } from "rlm-core";
import { plainLine } from "../plain-text.ts";

/** The evidence of an answer, if it has some to show, with lines and columns where they are known. */
export interface Evidence {
  citations: readonly CitedPlace[];
  unverified?: readonly UnverifiedClaim[];
}

/** What stands below an answer: for each claim its place and the passage, one line each; nothing that a terminal would obey. */
export function evidenceWords({ citations, unverified = [] }: Evidence, cwd: string): string {
  const found = citations.flatMap((citation, index) => [
    `[${index + 1}] ${plainLine(citation.claim, 300)}`,
    `    ${plainLine(placeOf(citation, cwd), 200)}: "${plainLine(citation.quote, 300)}"`,
  ]);
  const missing = unverified.flatMap(({ claim, quote }) => [
    `[not found] ${plainLine(claim, 300)}`,
    `    stands nowhere in the context: "${plainLine(quote, 300)}"`,
  ]);
  const none =
    citations.length + unverified.length === 0 ? ["No evidence: the answer cites nothing of the context."] : [];
  return [...found, ...missing, ...none].map((line) => `${line}\n`).join("");
}

function placeOf({ source, key, start, end, line, column, page, file }: CitedPlace, cwd: string): string {
  const inside =
    key === undefined ? source : source === "context" && typeof key === "string" ? key : `${source}.${key}`;
  const path = file === undefined ? "" : relative(cwd, file);
  // Of another folder it may be a copy that is gone by now, as of stdin.
  const where = path === "" || path.startsWith("..") || key !== undefined ? inside : path;
  if (line === undefined) return `${where}, characters ${start} to ${end}`;
  return `${where}:${line}:${column}${page === undefined ? "" : `, page ${page}`}`;
}
