import type { Usage } from "rlm-core";
import type { AskRequest, Reply } from "./ask-request.ts";
import { evidenceWords, type Evidence } from "./evidence-words.ts";
import type { Failure } from "./failure.ts";
import { limitFlags, limitWords } from "./limit-flags.ts";
import { plainAnswer, plainJson } from "./plain-answer.ts";

/** What goes to stdout; `shown`: instead of the answer's text; `cwd`: where paths of evidence begin, which people see only with it. */
export function answerText(
  { result, largestRequest }: Pick<Reply, "result" | "largestRequest">,
  {
    json,
    shown,
    trace,
    isTTY,
    evidence,
    cwd,
  }: {
    json: boolean;
    shown?: string | undefined;
    trace: string | undefined;
    isTTY: boolean;
    evidence?: Evidence | undefined;
    cwd?: string | undefined;
  },
): string {
  const { answer, status, limit = null, usage, runId } = result;
  const below = evidence === undefined || cwd === undefined ? "" : `\n${evidenceWords(evidence, cwd)}`;
  if (json)
    return `${plainJson({ answer, ...evidence, status, limit, error: null, usage, runId, trace: trace ?? null, largestRequest })}\n`;
  if (shown !== undefined) return `${shown}\n${below}`;
  return `${typeof answer === "string" ? plainAnswer(answer, isTTY) : plainJson(answer, 2)}\n${below}`;
}

/** The same object where there is no answer; of a run that did not begin there is neither usage nor id. */
export function failureText(
  { status, limit, words }: Failure,
  {
    usage,
    runId,
    trace,
    largestRequest,
  }: { usage?: Usage; runId?: string; trace?: string | undefined; largestRequest: number },
): string {
  return `${plainJson({
    answer: null,
    status,
    limit: limit ?? null,
    error: words,
    usage: usage ?? null,
    runId: runId ?? null,
    trace: trace ?? null,
    largestRequest,
  })}\n`;
}

/** What people should know beside the answer. */
export function notesOf(
  { result: { limit, usage } }: Pick<Reply, "result">,
  { limits, prices }: Pick<AskRequest, "limits" | "prices">,
): string[] {
  const notes: string[] = [];
  if (limit !== undefined)
    notes.push(
      `Ended at the limit --${limitFlags[limit].flag} (${limitWords(limit, limits[limit])}): the answer is the best with what there was by then.`,
    );
  if (usage.estimated) notes.push("Some token counts are estimates: the model did not report them.");
  if (Object.keys(prices).length > 0) {
    const without = usage.unpriced.length === 0 ? "" : `, without ${usage.unpriced.join(", ")}: no price`;
    notes.push(`Cost by the price table: $${usage.costUsd.toFixed(4)}${without}`);
  }
  return notes;
}
