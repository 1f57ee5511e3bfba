import type { Answered, AskRequest } from "./ask-request.ts";
import { limitFlags, limitWords } from "./limit-flags.ts";
import { plainAnswer, plainJson } from "./plain-answer.ts";

/** What goes to stdout. */
export function answerText(
  answered: Answered,
  { json, quiet, show }: Pick<AskRequest, "json" | "quiet" | "show">,
  { trace, isTTY }: { trace: string | undefined; isTTY: boolean },
): string {
  const { result, largestRequest } = answered;
  const { answer, status, limit = null, usage, runId } = result;
  if (json)
    return `${plainJson({ answer, status, limit, usage, runId, trace: quiet ? null : (trace ?? null), largestRequest })}\n`;
  if (show !== undefined && !quiet) return `${show(answered)}\n`;
  return `${typeof answer === "string" ? plainAnswer(answer, isTTY) : plainJson(answer, 2)}\n`;
}

/** What people should know beside the answer. */
export function notesOf({ result: { limit, usage } }: Answered, { limits, prices }: AskRequest): string[] {
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
