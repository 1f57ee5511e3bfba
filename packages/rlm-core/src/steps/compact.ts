import { BudgetError, RlmError } from "../errors.ts";
import { allButNewest, historyShare, turnsToCompact } from "../history.ts";
import type { CompactEvent } from "../journal.ts";
import { answerText } from "../parse-reply.ts";
import { compactMessage, plainNotes } from "../prompt/compaction.ts";
import { messagesFor, type PromptOptions } from "../prompt/messages.ts";
import { askModel } from "../queries/ask-model.ts";
import { isTooLong } from "../queries/model-failure.ts";
import { warn } from "../queries/warn.ts";
import type { Run } from "../run.ts";
import type { RlmState } from "../state.ts";
import { estimateTokens } from "../tokens.ts";
import { oldestTurns, turnsOf } from "../turns.ts";
import type { BlockLog } from "./block-log.ts";
import { cutMiddle } from "./cut-middle.ts";
import { joinToLast } from "./join-to-last.ts";
import { offeredVariables, variableNames } from "./offered-variables.ts";
import { variablesOf } from "./variables-of.ts";

/** What a step has that may compact its session's history. */
export interface CompactParts {
  state: RlmState;
  log: BlockLog;
  run: Run;
  options: PromptOptions;
}

/** A history that is longer than its limit goes on from a summary of its oldest turns: at most once before a reply. */
export async function compactIfLong(parts: CompactParts): Promise<void> {
  const { state, log, run, options } = parts;
  // By an earlier try, which is not paid for again: a run that goes on there has it in its state already.
  const reply = log.journal.findLastIndex(({ type }) => type === "reply");
  if (log.journal.slice(reply + 1).some(({ type }) => type === "compact")) return;
  const turns = turnsToCompact({ ...state, journal: log.journal }, options, limitOf(state, run));
  if (turns > 0) await compact(turns, parts, "model");
}

/**
 * Asks by messages of the history; where the model refuses them as too long, once more with a shorter one.
 * `by`: who shortens it, the model or, where no further call is to be paid, nobody.
 */
export async function withHistory<T>(ask: () => Promise<T>, parts: CompactParts, by: "model" | "nobody"): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { state, log, run } = parts;
    const turns = allButNewest({ ...state, journal: log.journal });
    if (!isTooLong(error) || turns === 0 || run.signal.aborted) throw error;
    await compact(turns, parts, by);
    return await ask();
  }
}

/** The limit of a session; a child's model may have a smaller window than the root's, by which the limit was made. */
function limitOf({ depth }: RlmState, { limits, model }: Run): number {
  const { historyTokens } = limits;
  if (depth === 0 || historyTokens === Infinity || model.contextWindow === undefined) return historyTokens;
  return Math.min(historyTokens, historyShare(model.contextWindow, limits));
}

async function compact(turns: number, parts: CompactParts, by: "model" | "nobody"): Promise<void> {
  const { state, log, run } = parts;
  const variables = await variablesOf(state, log.journal, run);
  const most = Math.floor(limitOf(state, run) / 4);
  const notes = by === "model" ? await askForNotes(turns, offeredVariables(variables, log.journal), parts) : {};
  const { text = plainNotes({ ...state, journal: log.journal }, turns), ...paid } = notes;
  const names = variableNames(variables, log.journal);
  await log.add({ type: "compact", text: shortened(text, most), turns, variables: names, ...paid });
}

/** The model's own notes on the oldest turns; without a text where it wrote none, which is a warning. */
async function askForNotes(
  turns: number,
  variables: string,
  { state, log, run, options }: CompactParts,
): Promise<Partial<Pick<CompactEvent, "text" | "usage" | "model">>> {
  const { depth } = state;
  const { calls } = run.budget.left();
  // The last call is better spent on a reply.
  if (calls !== null && calls < 2) return tell("no model call is left for a summary");
  const left = turnsOf(log.journal)[turns]?.reply.left;
  if (left === undefined) throw new TypeError(`Cannot summarise ${turns} turns: there is none after them`);
  // The newest turns are left out: so this is never longer than what the model has read before.
  const oldest = { ...state, journal: oldestTurns(log.journal, turns) };
  const words = wordsOf(limitOf(state, run));
  const messages = joinToLast(messagesFor(oldest, left, options), compactMessage({ turns, words, variables }, oldest));
  try {
    const ask = { messages, model: run.model, purpose: "compact", depth, signal: run.signal } as const;
    const { text, usage, model } = await askModel(ask, run);
    const notes = answerText(text);
    if (isProse(notes)) return { text: notes, usage, model };
    return { ...tell("the model wrote none"), usage, model };
  } catch (error) {
    const mends = error instanceof BudgetError || (error instanceof RlmError && error.code === "model");
    if (!mends || run.signal.aborted) throw error;
    return tell(error.message);
  }

  function tell(reason: string): object {
    const what = `${turns === 1 ? "Turn 1 was" : `Turns 1 to ${turns} were`} shortened without a summary: ${reason}. The beginning of what was said and printed is all that the model still sees of them`;
    warn(what, { kind: "no summary", depth }, run);
    return {};
  }
}

// A model that goes on writing code has not understood what it was asked.
function isProse(text: string): boolean {
  return text.replaceAll(/(`{3,})[\s\S]*?(?:\1|$)/g, "").trim().length >= 80;
}

/** An eighth of the limit, at two thirds of a word a token. */
function wordsOf(limit: number): number {
  return Math.round(Math.min(700, Math.max(100, limit / 12)) / 10) * 10;
}

/** Notes that would fill the history themselves are cut in the middle. */
function shortened(text: string, mostTokens: number): string {
  const tokens = estimateTokens(text);
  if (tokens <= mostTokens) return text;
  return cutMiddle(text, Math.floor((text.length * mostTokens) / tokens));
}
