import { toPending } from "../queries/answer-call.ts";
import type { EndEvent } from "../journal.ts";
import type { Run } from "../run.ts";
import type { Done } from "../sandbox.ts";
import type { RlmState } from "../state.ts";
import { refusedIn, turnsOf } from "../turns.ts";
import { answerBlock } from "./answer-block.ts";
import { openBlockLog, type BlockLog } from "./block-log.ts";
import { liveSession } from "./live-session.ts";
import { checkCited } from "./check-cited.ts";
import { codeOf } from "./reviews.ts";

/** Runs the code of the last reply, or goes on with the block that is open, and answers its calls. */
export async function execute({ reviews: _, ...state }: RlmState, run: Run): Promise<RlmState> {
  const log = await openBlockLog(state, run);
  // An earlier try of this step has come to the end of the block; what a person said on its answer may stand behind it.
  const written = turnsOf(log.journal).at(-1)?.end;
  const refused = refusedIn(log.journal.slice(state.journal.length));
  if (written !== undefined) {
    const ended = { ...state, journal: log.journal, usage: run.meter.usage(), ...outcomeOf(written) };
    return { ...ended, ...(refused && { limit: refused }) };
  }
  const session = await liveSession(state, log.journal, run);
  try {
    await openBlock(log, async (block) => await session.run(block, run.signal), run);
    const { progress, deferred, reviews, limit = refused } = await answerBlock(session, log, state, run);
    if (progress.kind === "waiting" && reviews.length > 0) {
      run.session = session;
      return { ...state, journal: log.journal, reviews, usage: run.meter.usage(), ...(limit && { limit }) };
    }
    if (progress.kind === "waiting") {
      await log.add({ type: "wait", ids: deferred.map(({ id }) => id) });
      const pending = await Promise.all(deferred.map((call) => toPending(call, state, run)));
      run.session = session;
      return { ...state, journal: log.journal, pending, usage: run.meter.usage(), ...(limit && { limit }) };
    }
    const end = await endBlock(progress, log, state, run);
    run.session = session;
    return { ...state, journal: log.journal, usage: run.meter.usage(), ...(limit && { limit }), ...outcomeOf(end) };
  } catch (error) {
    // Suspended in the middle of something that failed: nobody may take it.
    await session.close();
    throw error;
  }
}

async function openBlock(
  log: BlockLog,
  start: (block: { code: string; clock: number }) => Promise<unknown>,
  run: Run,
): Promise<void> {
  const turn = turnsOf(log.journal).at(-1);
  if (turn === undefined || turn.block !== undefined) return;
  const code = codeOf(turn);
  if (code === undefined) throw new TypeError("Cannot execute: the last reply has no code");
  const block = { code, clock: run.now() };
  await log.add({ type: "block", ...block });
  await start(block);
}

async function endBlock(done: Done, log: BlockLog, state: RlmState, run: Run): Promise<EndEvent> {
  const { output, error, answer, rolledBack, computeMs } = done;
  if (answer !== undefined && state.task.cite === true) await checkCited(answer.text, state, run);
  const answerRef = answer && (await run.store.put(answer.text));
  const end: EndEvent = {
    type: "end",
    output,
    computeMs,
    ...(error && { error }),
    ...(rolledBack && { rolledBack }),
    ...(answer && answerRef !== undefined && { answer: { ref: answerRef, json: answer.json } }),
  };
  await log.add(end, answer?.text);
  return end;
}

function outcomeOf({ answer }: EndEvent): Pick<RlmState, "outcome"> {
  return answer === undefined ? {} : { outcome: { status: "final", answerRef: answer.ref, json: answer.json } };
}
