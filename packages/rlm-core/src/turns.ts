import type { LimitName } from "./errors.ts";
import type {
  BlockEvent,
  CallEvent,
  CompactEvent,
  EndEvent,
  JournalEvent,
  ReplyEvent,
  ResultEvent,
  ReviewEvent,
  TaskEvent,
} from "./journal.ts";

/** One turn of a session, derived from its journal: a reply, and what its code did if it had any. */
export interface Turn {
  reply: ReplyEvent;
  block?: BlockEvent;
  calls: CallEvent[];
  results: ResultEvent[];
  reviews: ReviewEvent[];
  end?: EndEvent;
}

/** The turns of a journal's newest run, in order. */
export function turnsOf(journal: readonly JournalEvent[]): Turn[] {
  return turnsIn(newestRun(journal));
}

/** The turns of all runs of a journal, in order. */
export function turnsOfAllRuns(journal: readonly JournalEvent[]): Turn[] {
  return runsIn(journal).flatMap(turnsOf);
}

/** Where a journal's newest run begins; undefined for the first run of its REPL. */
export function newestTask(journal: readonly JournalEvent[]): TaskEvent | undefined {
  return journal.findLast(isTask);
}

/** The place of the first event of the newest run, behind its `task`. */
function beginOfNewestRun(journal: readonly JournalEvent[]): number {
  return journal.findLastIndex(isTask) + 1;
}

function turnsIn(journal: readonly JournalEvent[]): Turn[] {
  const turns: Turn[] = [];
  for (const event of journal) {
    // It is told by the messages alone.
    if (event.type === "compact") continue;
    const turn = turns.at(-1);
    if (event.type === "reply") turns.push({ reply: event, calls: [], results: [], reviews: [] });
    else if (event.type === "review") turn?.reviews.push(event);
    else if (turn === undefined)
      throw new TypeError(`Cannot read a journal: it begins with "${event.type}", not with a reply`);
    else if (event.type === "block") turn.block = event;
    else if (event.type === "call") turn.calls.push(event);
    else if (event.type === "result") turn.results.push(event);
    else if (event.type === "end") turn.end = event;
  }
  return turns;
}

/** The newest compaction of a journal's newest run: it stands for the turns of those before it too. */
export function compactionOf(journal: readonly JournalEvent[]): CompactEvent | undefined {
  return newestRun(journal).findLast((event) => event.type === "compact");
}

/** Of the newest run the events of the first turns alone, and the compactions of those, wherever they stand. */
export function oldestTurns(journal: readonly JournalEvent[], turns: number): JournalEvent[] {
  const begin = beginOfNewestRun(journal);
  let turn = 0;
  return journal.filter((event, index) => {
    if (index < begin) return true;
    if (event.type === "reply") turn++;
    return event.type === "compact" || turn <= turns;
  });
}

/** The limit that refused a call of the newest reply's code, among these events; none where a person has raised it since. */
export function refusedIn(events: readonly JournalEvent[]): LimitName | undefined {
  let refused: LimitName | undefined;
  for (const event of events) {
    if (event.type === "reply") refused = undefined;
    else if (event.type === "result") refused ??= event.limit;
    else if (event.type === "review" && event.max !== undefined && event.limit === refused) refused = undefined;
  }
  return refused;
}

/** Turns at the end of a journal that failed one after another: no code, or code that ended in an error. What a person stopped has not failed. */
export function failuresInARow(turns: readonly Turn[]): number {
  const last = turns.findLastIndex((turn) => turn.end !== undefined && turn.end.error === undefined);
  const rest = turns.slice(last + 1).filter((turn) => reviewOfCode(turn)?.decision !== "reject");
  return rest.filter((turn) => turn.block === undefined || turn.end?.error !== undefined).length;
}

/** What a person said on the code of a turn. */
export function reviewOfCode({ reviews }: Turn): ReviewEvent | undefined {
  return reviews.find(({ kind }) => kind === "code");
}

/** The answer that the newest turn's code gave, or what a person made of it; undefined where it gave none, or a person rejected it. */
export function answerOf(journal: readonly JournalEvent[]): EndEvent["answer"] {
  const last = turnsOf(journal).at(-1);
  const run = newestRun(journal);
  // An answer in one plain call has no turn.
  const newest = run.slice(run.findLastIndex(({ type }) => type === "reply") + 1);
  const said = newest.findLast((event) => event.type === "review" && event.kind === "answer");
  return said?.type === "review" ? said.answer : last?.end?.answer;
}

/** The next delivery number of a session. */
export function nextDelivery(journal: readonly JournalEvent[]): number {
  return journal.filter((event) => event.type === "result").length + 1;
}

/**
 * A journal without what may differ between two runs of one race-free program: clocks, computing times,
 * call ids and the order of deliveries. Calls, results and reviews of a block are sorted by content.
 */
export function canonicalJournal(journal: readonly JournalEvent[]): unknown[] {
  return runsIn(journal).flatMap(canonicalRun);
}

function canonicalRun(journal: readonly JournalEvent[]): unknown[] {
  const task = newestTask(journal);
  const turns = turnsOf(journal);
  const compactions = compactionsByTurn(journal);
  const first = journal.findIndex(({ type }) => type === "reply");
  const before = journal.slice(0, first < 0 ? undefined : first).filter((event) => event.type === "review");
  const told = turns.flatMap(({ reply, block, calls, results, reviews, end }, index) => [
    ...(compactions.get(index) ?? []),
    { type: "reply", text: reply.text, toolCalls: reply.toolCalls },
    ...(block === undefined ? [] : [{ type: "block", code: block.code }]),
    ...sorted(calls.map(({ kind, hash }) => ({ type: "call", kind, hash }))),
    ...sorted(results.map(({ hash, ok, ref, json }) => ({ type: "result", hash, ok, ref, json }))),
    ...sorted(reviews.map(contentOf)),
    ...(end === undefined ? [] : [{ ...end, computeMs: undefined }]),
  ]);
  const begins = task === undefined ? [] : [{ ...task, runId: undefined }];
  return [...begins, ...sorted(before.map(contentOf)), ...told, ...(compactions.get(turns.length) ?? [])];
}

function contentOf({ id: _, ...review }: ReviewEvent): object {
  return review;
}

/** By the number of turns before them. */
function compactionsByTurn(journal: readonly JournalEvent[]): Map<number, unknown[]> {
  const compactions = new Map<number, unknown[]>();
  let turn = 0;
  for (const event of journal) {
    if (event.type === "reply") turn++;
    if (event.type !== "compact") continue;
    const { type, text, turns } = event;
    compactions.set(turn, [...(compactions.get(turn) ?? []), { type, text, turns }]);
  }
  return compactions;
}

/** A journal cut where further runs begin. */
function runsIn(journal: readonly JournalEvent[]): JournalEvent[][] {
  const begins = [...journal.keys()].filter((index) => isTask(journal[index]));
  return [0, ...begins].map((begin, index) => journal.slice(begin, begins[index]));
}

/** The events of a journal's newest run. */
export function newestRun(journal: readonly JournalEvent[]): readonly JournalEvent[] {
  return journal.slice(beginOfNewestRun(journal));
}

function isTask(event: JournalEvent | undefined): event is TaskEvent {
  return event?.type === "task";
}

function sorted(entries: object[]): unknown[] {
  return entries.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
