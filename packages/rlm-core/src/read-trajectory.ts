import { createReadStream } from "node:fs";
import type { BudgetEntry } from "./budget-log.ts";
import { InputError, RlmError } from "./errors.ts";
import { canonicalJson } from "./hash.ts";
import { textRefOf, type JournalEvent } from "./journal.ts";
import { trajectoryVersion } from "./trajectory-lines.ts";
import { turnsOf } from "./turns.ts";
import type {
  JournalLine,
  QueryLine,
  RunEndLine,
  RunStartLine,
  TrajectoryHeader,
  TrajectoryLine,
} from "./trajectory-lines.ts";

export interface Trajectory {
  header: TrajectoryHeader;
  /** By run id, in the order of their starts: the root first. */
  runs: Map<string, TrajectoryRun>;
  /** Whether it is whole: every run that began has its end. */
  complete: boolean;
}

/** One session of the tree: its start and journal rebuild it, given its contexts. */
export interface TrajectoryRun {
  start: RunStartLine;
  journal: JournalEvent[];
  /** Results and answers by the references in the journal. */
  texts: Map<string, string>;
  queries: QueryLine[];
  /** What this session's calls set aside and used, as the budget's log has it. */
  budget: BudgetEntry[];
  warnings: string[];
  end?: RunEndLine;
}

/**
 * Reads a trajectory, also one whose writing was cut off: a last line without its end is left out.
 * Throws {@link InputError} if it is not there, not a trajectory, or of a version that this code does not know, and RlmError with code "store" if a line is damaged.
 */
export async function readTrajectory(path: string): Promise<Trajectory> {
  let header: TrajectoryHeader | undefined;
  const runs = new Map<string, TrajectoryRun>();
  let number = 0;
  for await (const line of wholeLines(path)) {
    number += 1;
    if (header === undefined) header = parseHeader(line, path);
    else addLine(runs, parseLine(line, path, number), `Cannot read trajectory ${path}: line ${number}`);
  }
  if (header === undefined)
    throw new InputError(`Cannot read trajectory ${path}: it has no whole first line, so it is not a trajectory`);
  return wholeOf(header, runs);
}

/** A trajectory of what was folded. */
export function wholeOf(header: TrajectoryHeader, runs: Trajectory["runs"]): Trajectory {
  return { header, runs, complete: runs.size > 0 && [...runs.values()].every(({ end }) => end !== undefined) };
}

/** Folds one more line into the runs; `place` begins the error of a line that does not belong there. */
export function addLine(runs: Map<string, TrajectoryRun>, line: TrajectoryLine, place: string): void {
  if (line.type === "run-start") {
    const known = runs.get(line.runId);
    // One that goes on elsewhere begins a second time, as it did before.
    if (known !== undefined && sameStart(known.start, line)) {
      // It goes on, so an end without an answer was not the last.
      if (known.end?.text === undefined) delete known.end;
      // It may have been given others there.
      if (line.limits !== undefined) known.start = { ...known.start, limits: line.limits };
      return;
    }
    // Its parent went another way and opened another child by a call of the same number.
    removeChildren(line.runId, runs, () => true);
    runs.set(line.runId, { start: line, journal: [], texts: new Map(), queries: [], budget: [], warnings: [] });
    return;
  }
  const run = runs.get(line.runId);
  if (run === undefined) throw new RlmError("store", `${place} belongs to a run that did not start before`);
  if (line.type === "journal") addJournal(run, line, runs, place);
  else if (line.type === "query") run.queries.push(line);
  else if (line.type === "budget") run.budget.push(line.entry);
  else if (line.type === "warning") run.warnings.push(line.message);
  else if (line.type === "run-end") run.end = line;
  // Other types may be added without a new version: they are left out.
}

/** Events told again change nothing; a different one cuts off what stood from its place on: the run went another way there. */
function addJournal(run: TrajectoryRun, line: JournalLine, runs: Trajectory["runs"], place: string): void {
  const { event, text, index = run.journal.length } = line;
  if (index > run.journal.length)
    throw new RlmError(
      "store",
      `${place} is event ${index + 1} of run ${line.runId}, and ${run.journal.length} stand before it: lines are missing`,
    );
  const there = run.journal[index];
  if (there === undefined || canonicalJson(there) !== canonicalJson(event)) {
    run.journal.splice(index, Infinity, event);
    // It goes on, so an end that it had was not the last.
    delete run.end;
    if (there !== undefined) cutCalls(run, runs);
  }
  const ref = textRefOf(event);
  if (text !== undefined && ref !== undefined) run.texts.set(ref, text);
}

function sameStart(one: RunStartLine, other: RunStartLine): boolean {
  const content = ({ query, seed, contexts }: RunStartLine): string =>
    canonicalJson([query, seed, contexts.map(({ name, hash }) => [name, hash])]);
  return content(one) === content(other);
}

/** Removes what belonged to calls that were cut off a journal. */
function cutCalls(run: TrajectoryRun, runs: Trajectory["runs"]): void {
  const turns = turnsOf(run.journal);
  const isCut = (turn: number, id: number): boolean => turns[turn - 1]?.calls.some((call) => call.id === id) !== true;
  run.queries = run.queries.filter(({ turn, id }) => !isCut(turn, id));
  removeChildren(run.start.runId, runs, ({ turn, id }) => isCut(turn, id));
}

function removeChildren(
  runId: string,
  runs: Trajectory["runs"],
  goes: (call: { turn: number; id: number }) => boolean,
): void {
  for (const [id, { start }] of runs) {
    if (start.parent?.runId !== runId || !goes(start.parent)) continue;
    removeChildren(id, runs, () => true);
    runs.delete(id);
  }
}

function parseHeader(line: string, path: string): TrajectoryHeader {
  const header = parseJson(line);
  if (!isObject(header) || header.type !== "rlm-trajectory")
    throw new InputError(`Cannot read trajectory ${path}: its first line is not a header of one`);
  if (header.version !== trajectoryVersion) {
    throw new InputError(
      `Cannot read trajectory ${path}: it has version ${JSON.stringify(header.version)} and this code knows version ${trajectoryVersion}; read it with the rlm-core that wrote it`,
    );
  }
  return header as unknown as TrajectoryHeader;
}

function parseLine(line: string, path: string, number: number): TrajectoryLine {
  const value = parseJson(line);
  const fits =
    isObject(value) &&
    typeof value.type === "string" &&
    typeof value.runId === "string" &&
    (value.type !== "journal" || isObject(value.event)) &&
    (value.type !== "budget" || isObject(value.entry));
  if (!fits) throw new RlmError("store", `Cannot read trajectory ${path}: line ${number} is damaged`);
  return value as unknown as TrajectoryLine;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

// Not node:readline, which also ends lines at U+2028.
async function* wholeLines(path: string): AsyncGenerator<string> {
  let pieces: string[] = [];
  try {
    for await (const chunk of createReadStream(path, {
      encoding: "utf8",
      highWaterMark: 1_000_000,
    }) as AsyncIterable<string>) {
      const [first = "", ...others] = chunk.split("\n");
      pieces.push(first);
      for (const other of others) {
        yield pieces.join("");
        pieces = [other];
      }
    }
  } catch (cause) {
    if (cause instanceof RlmError) throw cause;
    throw new InputError(`Cannot read trajectory ${path}: ${String(cause)}`, { cause });
  }
}
