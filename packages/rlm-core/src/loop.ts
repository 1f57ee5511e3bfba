import { randomInt, randomUUID } from "node:crypto";
import { readAnswer, type Citation, type UnverifiedClaim } from "./citations/citation.ts";
import type { LimitName } from "./errors.ts";
import { emitLast } from "./listener.ts";
import type { TokenUsage, ToolCall } from "./model.ts";
import { checkApprove, checkInput, resolveOptions, type RlmOptions } from "./options.ts";
import type { Run } from "./run.ts";
import type { CallValue, Sandbox } from "./sandbox.ts";
import { outcomeOf, type Outcome, type PendingCall, type RlmState, type Usage } from "./state.ts";
import { conclude } from "./steps/conclude.ts";
import { direct } from "./steps/direct.ts";
import { execute } from "./steps/execute.ts";
import { generate } from "./steps/generate.ts";
import { nextStep } from "./steps/next-step.ts";
import { review } from "./steps/review.ts";
import { deliverResults, submodel } from "./steps/submodel.ts";
import { storeContexts, type ContextInput } from "./store-context.ts";
import {
  budgetKey,
  childTask,
  createRun,
  initialState,
  openTree,
  runEnded,
  runFailed,
  runStart,
  type SessionTask,
  type Tree,
} from "./tree.ts";

export interface RlmInput {
  query: string;
  context: ContextInput;
}

export interface RlmResult<T = string> {
  /** A string; with `responseFormat`, the value that fits it. With tool calls what the model said beside them, a string in any case. */
  answer: T;
  /** final: the code called FINAL; direct: a short context, one plain call; concluded: the best answer at `limit`; tool_calls: the root model called functions that it was given by whoever made it. */
  status: "final" | "direct" | "concluded" | "tool_calls";
  limit?: LimitName;
  /** With the status of that name: for the caller to call. */
  toolCalls?: readonly ToolCall[];
  usage: Usage;
  runId: string;
}

/** What the result of a run with `cite` has beside. */
export interface Cited {
  /** For claims of the answer the passages that bear them out: code has found each in its context. Empty where the context does not hold the answer. */
  citations: Citation[];
  /** Claims whose quote stands nowhere. Only where the model could not be asked again: `direct` and `concluded`. */
  unverified?: UnverifiedClaim[];
}

/**
 * Answers a query over contexts: Algorithm 1 of arXiv 2512.24601, with recursion, one budget and one semaphore for the tree.
 * `deferChildren`: children run between two steps, all at once, as in a graph; by default as they come, inside of `execute`.
 * `wait`: the pause before a model is asked again.
 */
export async function runLoop<T = string>(
  input: RlmInput,
  options: RlmOptions<T>,
  sandbox: Sandbox,
  driver: { deferChildren?: boolean; wait?: Run["wait"] } = {},
): Promise<RlmResult<T>> {
  checkInput(input);
  const resolved = resolveOptions(options, sandbox);
  checkApprove(resolved);
  const { store, model, responseFormat, cite } = resolved;
  resolved.signal.throwIfAborted();
  const contexts = await storeContexts(input.context, store, resolved.signal);
  const runId = randomUUID();
  const tree = await openTree(resolved, runId, driver);
  const { signal } = tree;
  const query = input.query.trim();
  return await runRoot(
    {
      runId,
      depth: 0,
      seed: randomInt(2 ** 32),
      query,
      contexts,
      model,
      responseFormat,
      ...(cite && { cite }),
      signal,
    },
    tree,
  );
}

/** The sessions of a run, by what is known of those that ran before. */
export interface LoopTree extends Tree {
  /** Throws ReplayError where this session is asked something else than it was. */
  recall?(task: SessionTask): Recalled | undefined;
}

/** A session that ran before: how it ended, if it has an answer, or where it stands. */
export type Recalled = { ended: Ended } | { state: Pick<RlmState, "journal" | "startedAt" | "versions" | "outcome"> };

/** What a session came to. */
export interface Ended extends Pick<Outcome, "status" | "limit" | "toolCalls"> {
  answer: CallValue;
  usage: Usage;
}

/** Runs a tree from its root's first step, or from where it stands, to its outcome. */
export async function runRoot<T>(root: SessionTask, tree: LoopTree): Promise<RlmResult<T>> {
  const ended = await runSession(root, tree);
  // Of a run that failed it is kept, for whoever goes on with it.
  await discard(budgetKey(root.runId), root, tree);
  return resultOf(ended, root);
}

/** The result of a run, its answer as the response format says. */
export function resultOf<T>(
  { answer, status, limit, toolCalls, usage }: Ended,
  { runId, responseFormat, cite }: Pick<SessionTask, "runId" | "responseFormat" | "cite">,
): RlmResult<T> {
  const given =
    status === "tool_calls" ? withoutEvidence(answer.text, cite) : readAnswer(answer.text, { responseFormat, cite });
  return {
    ...given,
    answer: given.answer as T,
    status,
    ...(limit && { limit }),
    ...(toolCalls && { toolCalls }),
    usage,
    runId,
  };
}

function withoutEvidence(answer: string, cite: true | undefined): { answer: string; citations?: Citation[] } {
  return cite ? { answer, citations: [] } : { answer };
}

/** The key of a session's write-ahead log in the store. */
export function sessionLogKey(runId: string): string {
  return `${runId}/log`;
}

/** One session from its first step to its outcome: the root's, or a child's. */
async function runSession(task: SessionTask, tree: LoopTree): Promise<Ended> {
  const { runId, depth, parent } = task;
  const recalled = tree.recall?.(task);
  if (recalled !== undefined && "ended" in recalled) return recalled.ended;
  const run = createRun(task, tree, {
    logKey: sessionLogKey(runId),
    recurse: async (call, signal) => await runChild(call, signal, run, tree),
  });
  let state: RlmState = { ...initialState(task, tree), ...recalled?.state, usage: run.meter.usage() };
  run.emit(runStart(state, run, parent && { runId: parent.run.id, turn: parent.turn, id: parent.id }));
  try {
    let step;
    while ((step = nextStep(state, run.limits, run.review)) !== "end") {
      run.signal.throwIfAborted();
      state = await steps[step](state, run);
    }
    const { status, limit, toolCalls, answerRef, json } = outcomeOf(state);
    const answer = { text: await run.store.get(answerRef), json };
    const { usage } = state;
    run.emit(runEnded(state, answer.text, run));
    return { answer, status, ...(limit && { limit }), ...(toolCalls && { toolCalls }), usage };
  } catch (error) {
    emitLast(run.emit, runFailed(error, depth, run));
    throw error;
  } finally {
    await run.session?.close();
    // Where a listener ended the run, the record that it keeps has not all of it: what goes on with it finds the rest here.
    if (!tree.signal.aborted) await discard(run.logKey, task, run);
  }
}

const steps: Record<Exclude<ReturnType<typeof nextStep>, "end">, (state: RlmState, run: Run) => Promise<RlmState>> = {
  generate,
  execute,
  conclude,
  direct,
  review,
  submodel: runPending,
};

async function runPending(state: RlmState, run: Run): Promise<RlmState> {
  const stepEnd = new AbortController();
  const signal = AbortSignal.any([run.signal, stepEnd.signal]);
  const children = state.pending.map(
    async (call) => [call.id, await submodel(call, state, { ...run, signal })] as const,
  );
  try {
    return await deliverResults(state, new Map(await Promise.all(children)), run);
  } finally {
    // Where one made the run fail, the others still have to close their sessions.
    stepEnd.abort(new DOMException("The step has ended", "AbortError"));
    await Promise.allSettled(children);
  }
}

async function runChild(
  call: PendingCall,
  signal: AbortSignal,
  run: Run,
  tree: LoopTree,
): Promise<{ value: CallValue; usage: TokenUsage }> {
  const { answer, usage } = await runSession(await childTask(call, run, signal), tree);
  const { inputTokens, outputTokens, estimated } = usage;
  return { value: answer, usage: { inputTokens, outputTokens, ...(estimated && { estimated }) } };
}

/** Removes the log of a run that is over. If that fails the log stays; the answer, or the error on its way out, is what counts. */
async function discard(
  key: string,
  { runId, depth }: Pick<SessionTask, "runId" | "depth">,
  { store, emit }: Pick<Run, "store" | "emit">,
): Promise<void> {
  try {
    await store.delete(key);
  } catch (error) {
    const message = `Cannot delete the log "${key}" of a run that is over, so it stays: ${String(error)}`;
    emitLast(emit, { type: "warning", runId, depth, message });
  }
}
