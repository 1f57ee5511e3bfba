import { BudgetError } from "../errors.ts";
import type { Left } from "../journal.ts";
import { messagesFor, type PromptOptions } from "../prompt/messages.ts";
import { askModel } from "../queries/ask-model.ts";
import { toolsAt } from "../queries/call-tool.ts";
import type { Run } from "../run.ts";
import type { RlmState } from "../state.ts";
import { earlierContexts } from "../session-contexts.ts";
import { isKit, isKitTool } from "../tool.ts";
import { newestTask, turnsOf } from "../turns.ts";
import { openBlockLog } from "./block-log.ts";
import { compactIfLong, withHistory } from "./compact.ts";
import { tokensToConclude } from "./conclusion-messages.ts";
import { raisedLimits } from "./reviews.ts";
import { endsWithToolCalls, toolCallsOutcome } from "./tool-calls.ts";

/** The root model of a session writes its next reply. A limit that refuses it is written into the state. */
export async function generate(state: RlmState, run: Run): Promise<RlmState> {
  const { depth } = state;
  const log = await openBlockLog(state, run);
  // An earlier try of this step has the reply already: it is not paid for again.
  if (log.journal.slice(state.journal.length).some(({ type }) => type === "reply") || endsWithToolCalls(log.journal))
    return await afterReply({ ...state, journal: log.journal }, run);
  const options = promptOptions(state, run);
  const parts = { state, log, run, options };
  const ask = { model: run.model, purpose: "root", depth, signal: run.signal } as const;
  await compactIfLong(parts);
  run.emit({ type: "turn-start", runId: run.id, depth, turn: turnsOf(state.journal).length + 1 });
  try {
    const reply = await withHistory(
      async () => {
        const left = leftOf(state, run);
        const now = { ...state, journal: log.journal };
        const messages = messagesFor(now, left, options);
        // Nothing is held back for a child's conclusion: it is a call like any other.
        const held = depth === 0 && {
          toConclude: tokensToConclude(messages, { state: now, left, options }, run.limits),
        };
        return { left, ...(await askModel({ ...ask, messages, ...held }, run)) };
      },
      parts,
      "model",
    );
    const { text, left, usage, model, toolCalls } = reply;
    const calls = depth === 0 && toolCalls ? { toolCalls } : {};
    await log.add({ type: "reply", text, ...calls, left, usage, model });
    return await afterReply({ ...state, journal: log.journal }, run);
  } catch (error) {
    // A summary that was paid for stays.
    if (error instanceof BudgetError) return { ...state, journal: log.journal, limit: error.limit };
    throw error;
  }
}

/** The state after its newest reply: one with tool calls is the end. */
async function afterReply(state: RlmState, run: Run): Promise<RlmState> {
  const reply = turnsOf(state.journal).at(-1)?.reply;
  const outcome = reply && (await toolCallsOutcome(reply, run.store));
  return { ...state, usage: run.meter.usage(), ...(outcome && { outcome }) };
}

export function promptOptions(state: RlmState, run: Run): PromptOptions {
  const { task, depth } = state;
  const { limits, models, review } = run;
  const tools = toolsAt(depth, run.tools);
  const asksPersons = review.some((point) => point !== "budget") || tools.some(({ approve }) => approve);
  const surface = {
    contexts: task.contexts,
    earlier: earlierContexts(state),
    queries: limits.depth > depth,
    recursion: depth + 2 <= limits.depth,
    tools: [...run.tools.filter(isKit), ...tools.filter(({ name }) => !isKitTool(name))],
    models,
    limits,
    cite: task.cite === true,
    reviewed: asksPersons || newestTask(state.journal)?.said !== undefined,
  };
  return { profile: run.profile, surface };
}

export function leftOf(state: RlmState, { limits: given, budget }: Run): Left {
  const limits = raisedLimits(given, state.journal);
  const { calls, near } = budget.left();
  return {
    turn: turnsOf(state.journal).length + 1,
    turns: limits.turns === Infinity ? null : limits.turns,
    calls: limits.depth > state.depth ? calls : null,
    ...(near === undefined ? {} : { near }),
  };
}
