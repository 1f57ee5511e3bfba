import { ReplayError } from "./errors.ts";
import { parseReply } from "./parse-reply.ts";
import type { Trajectory, TrajectoryRun } from "./read-trajectory.ts";
import { recordDigest } from "./record-digest.ts";
import { answerOf, reviewOfCode, turnsOf, turnsOfAllRuns, type Turn } from "./turns.ts";

/**
 * Holds a session's record against itself, before its code runs again: code against replies, the order of results, children
 * and ends against results and answers. Throws {@link ReplayError} with the first that does not fit.
 */
export function checkRecord(run: TrajectoryRun, trajectory: Trajectory): void {
  const { runId } = run.start;
  let delivery = 0;
  let block = 0;
  const turns = turnsOfAllRuns(run.journal);
  // The children of earlier runs are told in their own trajectories.
  const earlier = turns.length - turnsOf(run.journal).length;
  for (const [index, turn] of turns.entries()) {
    const place = `Cannot replay run ${runId}: block ${block + 1} (turn ${index + 1})`;
    if (turn.block !== undefined) block++;
    const said = reviewOfCode(turn);
    const edited = said?.code;
    if (said?.decision === "reject" && turn.block !== undefined)
      throw new ReplayError(
        `${place} ran, though a person stopped the code of its reply: it begins ${shown(turn.block.code)}`,
      );
    if (edited !== undefined && turn.block !== undefined && edited !== turn.block.code)
      throw new ReplayError(`${place} is not the code that a person gave: it begins ${shown(turn.block.code)}`);
    if (edited === undefined && turn.block !== undefined && !holdsCode(turn.reply.text, turn.block.code))
      throw new ReplayError(`${place} is not the code of its reply: it begins ${shown(turn.block.code)}`);
    for (const result of turn.results) {
      if (result.delivery !== ++delivery)
        throw new ReplayError(
          `${place} has result ${result.delivery}, of call ${result.id}, where result ${delivery} should be: results are missing or in another order`,
        );
    }
    if (index >= earlier) checkChildren(turn, index + 1 - earlier, place, run, trajectory);
  }
}

/** Holds a session's end against what its replay has shown to be right. */
export function checkEnd({ start, journal, texts, end }: TrajectoryRun): void {
  if (end === undefined) return;
  const place = `Cannot replay run ${start.runId}: its end`;
  const answer = answerOf(journal);
  const given = answer && texts.get(answer.ref);
  if (end.status === "final" && given === undefined)
    throw new ReplayError(`${place} tells an answer, and its code gave none: lines are missing`);
  if (end.text !== undefined && given !== undefined && given !== end.text)
    throw new ReplayError(`${place} tells the answer ${shown(end.text)}, its code gave ${shown(given)}`);
  if (end.digest === undefined) return;
  const digest = recordDigest({ ...start, journal });
  if (digest !== end.digest)
    throw new ReplayError(
      `${place} tells the digest ${end.digest.slice(0, 12)}, its ${journal.length} events have ${digest.slice(0, 12)}: lines are missing, or something that the code does not show was changed`,
    );
}

// The reply is asked as well: a later version may find code in it that this one did not.
function holdsCode(reply: string, code: string): boolean {
  return reply.includes(code) || parseReply(reply).code === code;
}

function checkChildren(
  { calls, results, end }: Turn,
  turn: number,
  place: string,
  { start, journal, texts }: TrajectoryRun,
  { runs }: Trajectory,
): void {
  const { runId, depth } = start;
  const limit = rootDepth(runs);
  if (end?.rolledBack === true) return;
  for (const { id, kind, hash } of calls) {
    const result = results.find((one) => one.id === id);
    if (kind !== "rlm" || result?.ok !== true || isPaid(hash, journal)) continue;
    const child = runs.get(`${runId}/${turn}.${id}`);
    if (child === undefined && limit !== undefined && depth + 2 <= limit)
      throw new ReplayError(`${place} has a result of the child that call ${id} opened, and its session is missing`);
    const text = texts.get(result.ref);
    if (child !== undefined && child.end?.text === undefined)
      throw new ReplayError(
        `${place} has a result of the child that call ${id} opened, whose session has no answer: lines are missing`,
      );
    if (child?.end !== undefined && child.end.text !== text)
      throw new ReplayError(
        `${place} got ${shown(text ?? "")} of the child that call ${id} opened, whose end tells ${shown(child.end.text ?? "")}`,
      );
  }
}

// Such a call may have been given what one of a rolled-back block was.
function isPaid(hash: string, journal: TrajectoryRun["journal"]): boolean {
  return turnsOfAllRuns(journal).some(
    ({ end, results }) => end?.rolledBack === true && results.some((result) => result.hash === hash),
  );
}

function rootDepth(runs: Trajectory["runs"]): number | undefined {
  const [root] = runs.values();
  const depth = root?.start.limits?.depth;
  return depth ?? undefined;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
