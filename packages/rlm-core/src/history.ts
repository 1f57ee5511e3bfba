import type { EndEvent, ReplyEvent } from "./journal.ts";
import type { Limits } from "./limits.ts";
import { messagesFor, type PromptOptions } from "./prompt/messages.ts";
import { markWith } from "./prompt/marked.ts";
import { reviewLines } from "./prompt/review-lines.ts";
import type { RlmState } from "./state.ts";
import { estimateTokens } from "./tokens.ts";
import { compactionOf, newestTask, turnsOf, type Turn } from "./turns.ts";

/**
 * What of a window the messages of a session may fill: beside a reply, and the output of a turn that comes on top (three
 * characters a token), and never more than 85 %, since a count by another tokenizer is an estimate. Of a small window it is half.
 */
export function historyShare(window: number, { maxOutputTokens, outputChars }: Limits): number {
  const beside = window - maxOutputTokens - Math.ceil(outputChars / 3);
  return Math.max(1_000, Math.floor(window / 2), Math.min(beside, Math.floor(0.85 * window)));
}

/**
 * How many of a session's oldest turns are to be summarised before the model is asked again; 0: none. The newest two turns stay
 * whole, or one, where two are more than half of `limit`. What would save less than a quarter of `limit` is not worth a call:
 * so a single turn that is longer than `limit` is sent as it is, and no call is made at each turn where that cannot help.
 */
export function turnsToCompact(state: RlmState, options: PromptOptions, limit: number): number {
  const { sizes, done } = openTurns(state);
  if (sizes.length < 2) return 0;
  if (baseTokens(state, options) + sum(sizes) <= limit) return 0;
  const two = sum(sizes.slice(-2)) <= limit / 2;
  const older = [two ? 2 : 1, 1].map((newest) => sizes.slice(0, -newest));
  const worth = older.find((some) => sum(some) >= limit / 4);
  return worth === undefined ? 0 : done + worth.length;
}

/** All turns but the newest one, for messages that the model has refused as too long; 0: there are none. */
export function allButNewest(state: RlmState): number {
  const { sizes, done } = openTurns(state);
  return sizes.length < 2 ? 0 : done + sizes.length - 1;
}

/** The turns that no compaction stands for. */
function openTurns({ journal, task, seed }: RlmState): { sizes: number[]; done: number } {
  const done = compactionOf(journal)?.turns ?? 0;
  // Each message repeats the question.
  const beside = estimateTokens(task.query) + turnWords;
  const turns = turnsOf(journal).slice(done);
  return { done, sizes: turns.map((turn) => turnTokens(turn, seed) + beside) };
}

// The line that says what is left, marks, and what a provider adds to a message.
const turnWords = 60;

function turnTokens(turn: Turn, seed: number): number {
  const { reply, end } = turn;
  const said = reviewLines(turn, markWith(seed)).reduce((total, line) => total + estimateTokens(line), 0);
  return eventTokens(reply) + said + (end === undefined ? 0 : eventTokens(end));
}

function eventTokens(event: ReplyEvent | EndEvent): number {
  const known = tokens.get(event);
  if (known !== undefined) return known;
  const text = event.type === "reply" ? event.text : `${event.output.text}${event.error?.message ?? ""}`;
  const estimated = estimateTokens(text);
  tokens.set(event, estimated);
  return estimated;
}

// A history is measured before every reply: without these each turn would be looked at in every later one.
const tokens = new WeakMap<ReplyEvent | EndEvent, number>();

/** What comes before the open turns: the rules, the first message, which may tell of earlier runs, and the notes on the turns before. */
function baseTokens(state: RlmState, options: PromptOptions): number {
  const compaction = compactionOf(state.journal);
  const task = newestTask(state.journal);
  const journal = [
    ...(task === undefined ? [] : [task]),
    ...(compaction === undefined ? [] : [{ ...compaction, turns: 0 }]),
  ];
  const messages = messagesFor({ ...state, journal }, { turn: 1, turns: null, calls: null }, options);
  return sum(messages.map(({ content }) => estimateTokens(content)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
