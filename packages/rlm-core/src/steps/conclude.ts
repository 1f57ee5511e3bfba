import { BudgetError, RlmError, type LimitName } from "../errors.ts";
import { answerText } from "../parse-reply.ts";
import { misfit } from "../json-schema.ts";
import { askModel } from "../queries/ask-model.ts";
import { readJson } from "../queries/structured.ts";
import { warn } from "../queries/warn.ts";
import type { Run } from "../run.ts";
import type { CallValue } from "../sandbox.ts";
import type { RlmState } from "../state.ts";
import { failuresInARow, reviewOfCode, turnsOf } from "../turns.ts";
import { openBlockLog } from "./block-log.ts";
import { withHistory } from "./compact.ts";
import { bareCited, citedReply } from "./cited-reply.ts";
import { briefConclusionMessages, conclusionMessages } from "./conclusion-messages.ts";
import { execute } from "./execute.ts";
import { leftOf, promptOptions } from "./generate.ts";
import { reachedLimit } from "./next-step.ts";
import { offeredVariables } from "./offered-variables.ts";
import { awaitsCodeReview, isBlock, raisedLimits, writtenCode } from "./reviews.ts";
import { toolCallsOutcome } from "./tool-calls.ts";
import { variablesOf } from "./variables-of.ts";

/**
 * A limit was reached: the best answer from what there is. The model is asked once more where the budget allows it
 * (it holds one call back for the root), else the last output stands. Throws BudgetError only if nothing was gained.
 */
export async function conclude(state: RlmState, run: Run): Promise<RlmState> {
  const last = await lastTurn(state, reachedLimit(state, run.limits) ?? "turns", run);
  const { limit } = last;
  // A person looks at its code first.
  if (last.waits === true) return { ...last.state, usage: run.meter.usage() };
  const reply = turnsOf(last.state.journal).at(-1)?.reply;
  const called = reply && (await toolCallsOutcome(reply, run.store));
  if (called !== undefined) return { ...last.state, limit, usage: run.meter.usage(), outcome: { ...called, limit } };
  const answer = last.answer ?? answerFromOutput(last.state);
  if (answer === undefined) throw nothingGained(limit, last, run, lastFailure(state));
  const answerRef = await run.store.put(answer.text);
  return {
    ...last.state,
    limit,
    usage: run.meter.usage(),
    outcome: { status: "concluded", limit, answerRef, json: answer.json },
  };
}

interface LastTurn {
  state: RlmState;
  limit: LimitName;
  answer?: CallValue;
  /** The reply has code that a person has not seen. */
  waits?: boolean;
  /** Why the last reply is no answer. */
  problem?: string;
}

/** One more reply: the answer itself, or code that hands over the variable that holds it. */
async function lastTurn(before: RlmState, limit: LimitName, run: Run): Promise<LastTurn> {
  const state = { ...before, limit };
  if (turnsOf(state.journal).length === 0) return { state, limit };
  const log = await openBlockLog(state, run);
  const given = turnsOf(log.journal).at(-1)?.reply;
  // An earlier try of this step has the reply already: it is not paid for again.
  if (given?.concludes !== undefined) {
    const { concludes } = given;
    const read = await readLastReply({ ...state, limit: concludes, journal: log.journal }, run);
    return { ...read, limit: concludes };
  }
  const left = leftOf(state, run);
  const options = promptOptions(state, run);
  const variables = offeredVariables(await variablesOf(state, log.journal, run), log.journal);
  const ask = { model: run.model, purpose: "conclude", depth: state.depth, signal: run.signal } as const;
  try {
    const { text, toolCalls, usage, model } = await withHistory(
      async () => {
        const parts = { state: { ...state, journal: log.journal }, variables, left, options };
        try {
          return await askModel({ ...ask, messages: conclusionMessages(parts) }, run);
        } catch (error) {
          const isLong = error instanceof BudgetError && (error.limit === "tokens" || error.limit === "costUsd");
          if (!isLong) throw error;
          const reply = await askModel({ ...ask, messages: briefConclusionMessages(parts, run.limits) }, run);
          const message = `The model concluded from its last turn in brief, for the whole of it did not fit: ${error.message}`;
          warn(message, { kind: "brief conclusion", depth: state.depth }, run);
          return reply;
        }
      },
      { state, log, run, options },
      // The call that is held back for this is not spent on a summary.
      "nobody",
    );
    const calls = state.depth === 0 && toolCalls ? { toolCalls } : {};
    await log.add({ type: "reply", text, ...calls, left, usage, model, concludes: limit });
    return { ...(await readLastReply({ ...state, journal: log.journal }, run)), limit };
  } catch (error) {
    if (error instanceof BudgetError) return { state: { ...state, journal: log.journal }, limit };
    throw error;
  }
}

async function readLastReply(state: RlmState, run: Run): Promise<Omit<LastTurn, "limit">> {
  const { responseFormat } = state.task;
  const turn = turnsOf(state.journal).at(-1);
  if (turn === undefined) throw new TypeError("Cannot read the last reply: there is none");
  if (turn.reply.toolCalls !== undefined) return { state };
  const reply = turn.reply.text;
  const code = writtenCode(turn);
  if (code === undefined && isBlock(reply)) return { state, problem: "its block of code is empty." };
  if (awaitsCodeReview(turn, run.review)) return { state, waits: true };
  if (reviewOfCode(turn)?.decision === "reject") return { state, problem: "a person stopped its code." };
  if (code !== undefined) {
    const executed = await execute(state, run);
    const { outcome } = executed;
    if (outcome === undefined) return { state: executed };
    return { state: executed, answer: { text: await run.store.get(outcome.answerRef), json: outcome.json } };
  }
  if (state.task.cite === true) {
    const read = await citedReply(reply, state, run);
    if ("text" in read) return { state, answer: { text: read.text, json: true } };
    const bare = answerText(reply);
    // A text without evidence is an answer still, as one that a person wrote would be.
    if (responseFormat === undefined && bare !== "")
      return { state, answer: { text: bareCited(bare, false), json: true } };
    return { state, problem: read.problem };
  }
  if (responseFormat !== undefined) {
    const read = readJson(reply, responseFormat);
    return "text" in read ? { state, answer: { text: read.text, json: true } } : { state, problem: read.problem };
  }
  const text = answerText(reply);
  return text === "" ? { state } : { state, answer: { text, json: false } };
}

/** The last thing that the code printed without an error, if it may stand as an answer. */
function answerFromOutput({ journal, task }: RlmState): CallValue | undefined {
  const shown = turnsOf(journal).findLast(
    ({ end }) => end !== undefined && end.error === undefined && end.output.text.trim() !== "",
  );
  const text = shown?.end?.output.text.trim();
  if (text === undefined) return undefined;
  const answer = fittingAnswer(text, task);
  return answer && task.cite === true ? { text: bareCited(answer.text, answer.json), json: true } : answer;
}

function fittingAnswer(text: string, { responseFormat }: RlmState["task"]): CallValue | undefined {
  if (responseFormat === undefined) return { text, json: false };
  return misfit(parsed(text), responseFormat) === undefined ? { text, json: true } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nothingGained(
  limit: LimitName,
  { state, problem }: Omit<LastTurn, "limit">,
  run: Run,
  failure?: string,
): BudgetError {
  if (run.refused?.limit === limit) return run.refused;
  const unusable = problem === undefined ? undefined : `Cannot use the last answer: ${problem}`;
  const last = (limit === "errors" ? failure : undefined) ?? unusable;
  const cause = last === undefined ? undefined : new RlmError("model", last);
  return new BudgetError(spentOf(limit, state, run), { cause });
}

function lastFailure({ journal }: RlmState): string | undefined {
  const failed = turnsOf(journal).findLast(({ block, end }) => block === undefined || end?.error !== undefined);
  if (failed === undefined) return undefined;
  return failed.end?.error?.message ?? "the model's reply had no block of code";
}

/** What a limit is now, and what is spent of it. */
export function spentOf(
  limit: LimitName,
  { journal }: Pick<RlmState, "journal">,
  { limits, budget }: Run,
): { limit: LimitName; max: number; spent: number } {
  if (limit === "turns" || limit === "errors") {
    const turns = turnsOf(journal);
    const spent = limit === "turns" ? turns.length : failuresInARow(turns);
    return { limit, max: raisedLimits(limits, journal)[limit], spent };
  }
  const { max, spent } = budget.standing(limit);
  return { limit, max, spent };
}
