import { randomInt, randomUUID } from "node:crypto";
import type { LimitName } from "./errors.ts";
import { emitLast } from "./listener.ts";
import type { TokenUsage } from "./model.ts";
import { checkInput, resolveOptions, type RlmOptions } from "./options.ts";
import type { Run } from "./run.ts";
import type { CallValue, Sandbox } from "./sandbox.ts";
import { outcomeOf, type PendingCall, type RlmState, type Usage } from "./state.ts";
import { conclude } from "./steps/conclude.ts";
import { direct } from "./steps/direct.ts";
import { execute } from "./steps/execute.ts";
import { generate } from "./steps/generate.ts";
import { nextStep } from "./steps/next-step.ts";
import { deliverResults, submodel } from "./steps/submodel.ts";
import { storeContexts, type ContextInput } from "./store-context.ts";
import {
  budgetKey,
  childTask,
  createRun,
  initialState,
  openTree,
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
  /** A string; with `responseFormat`, the value that fits it. */
  answer: T;
  /** final: the code called FINAL; direct: a short context, one plain call; concluded: the best answer at `limit`. */
  status: "final" | "direct" | "concluded";
  limit?: LimitName;
  usage: Usage;
  runId: string;
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
  const { store, model, responseFormat } = resolved;
  resolved.signal.throwIfAborted();
  const contexts = await storeContexts(input.context, store, resolved.signal);
  const runId = randomUUID();
  const tree = await openTree(resolved, runId, driver);
  const { signal } = tree;
  const query = input.query.trim();
  const root = { runId, depth: 0, seed: randomInt(2 ** 32), query, contexts, model, responseFormat, signal };
  const { answer, state } = await runSession(root, tree);
  // Of a run that failed it is kept, for whoever goes on with it.
  await discard(budgetKey(runId), root, tree);
  const { status, limit } = outcomeOf(state);
  const parsed: unknown = responseFormat === undefined ? answer.text : JSON.parse(answer.text);
  return { answer: parsed as T, status, ...(limit && { limit }), usage: state.usage, runId };
}

/** One session from its first step to its outcome: the root's, or a child's. */
async function runSession(task: SessionTask, tree: Tree): Promise<{ answer: CallValue; state: RlmState }> {
  const { runId, depth, parent } = task;
  const run = createRun(task, tree, {
    logKey: `${runId}/log`,
    recurse: async (call, signal) => await runChild(call, signal, run, tree),
  });
  let state = initialState(task, tree);
  run.emit(runStart(state, run, parent && { runId: parent.run.id, turn: parent.turn, id: parent.id }));
  try {
    let step;
    while ((step = nextStep(state, run.limits)) !== "end") {
      run.signal.throwIfAborted();
      state = await steps[step](state, run);
    }
    const { status, limit, answerRef, json } = outcomeOf(state);
    const answer = { text: await run.store.get(answerRef), json };
    const { usage } = state;
    run.emit({ type: "run-end", runId, depth, status, ...(limit && { limit }), text: answer.text, usage });
    return { answer, state };
  } catch (error) {
    emitLast(run.emit, runFailed(error, depth, run));
    throw error;
  } finally {
    await run.session?.close();
    await discard(run.logKey, task, run);
  }
}

const steps: Record<Exclude<ReturnType<typeof nextStep>, "end">, (state: RlmState, run: Run) => Promise<RlmState>> = {
  generate,
  execute,
  conclude,
  direct,
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
  tree: Tree,
): Promise<{ value: CallValue; usage: TokenUsage }> {
  const { answer, state } = await runSession(await childTask(call, run, signal), tree);
  const { inputTokens, outputTokens, estimated } = state.usage;
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
