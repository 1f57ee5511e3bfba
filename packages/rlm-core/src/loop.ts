import { randomInt, randomUUID } from "node:crypto";
import { createBudget } from "./budget.ts";
import type { ContextRef } from "./context.ts";
import type { LimitName } from "./errors.ts";
import type { Emit, Repl } from "./events.ts";
import type { JsonSchema } from "./json-schema.ts";
import { listenedBy } from "./listener.ts";
import { createMeter } from "./meter.ts";
import { resolveOptions, type RlmOptions, type ResolvedOptions } from "./options.ts";
import type { TokenUsage } from "./model.ts";
import { wait } from "./queries/wait.ts";
import type { Run } from "./run.ts";
import type { CallValue, Sandbox } from "./sandbox.ts";
import { createSemaphore } from "./semaphore.ts";
import { schemaVersion, type PendingCall, type RlmState, type Usage } from "./state.ts";
import { conclude } from "./steps/conclude.ts";
import { direct } from "./steps/direct.ts";
import { execute } from "./steps/execute.ts";
import { generate } from "./steps/generate.ts";
import { sessionOptions } from "./steps/live-session.ts";
import { nextStep } from "./steps/next-step.ts";
import { deliverResults, submodel } from "./steps/submodel.ts";
import { storeContexts, type ContextInput } from "./store-context.ts";
import { noUsage } from "./usage.ts";

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
  { deferChildren = false, wait: pause = wait }: { deferChildren?: boolean; wait?: Run["wait"] } = {},
): Promise<RlmResult<T>> {
  const resolved = resolveOptions(input, options, sandbox);
  const { store, limits, prices, signal } = resolved;
  signal.throwIfAborted();
  const contexts = await storeContexts(input.context, store);
  const runId = randomUUID();
  const budgetKey = `${runId}/budget`;
  const budget = createBudget({ limits, prices, store, logKey: budgetKey });
  const failure = new AbortController();
  const shared = {
    ...resolved,
    emit: listenedBy(resolved.emit, (error) => failure.abort(error)),
    deferChildren,
    budget,
    semaphore: createSemaphore(limits.concurrency),
    toolCalls: new Map<string, number>(),
    warned: new Set<string>(),
    wait: pause,
  };
  const { model, responseFormat } = resolved;
  const root = {
    runId,
    depth: 0,
    seed: randomInt(2 ** 32),
    query: input.query.trim(),
    contexts,
    model,
    responseFormat,
    signal: AbortSignal.any([signal, failure.signal]),
  };
  const { answer, state } = await runSession(root, shared);
  // Of a run that failed it is kept, for whoever goes on with it.
  await discard(budgetKey, root, shared);
  const { status, limit } = outcomeOf(state);
  const parsed: unknown = responseFormat === undefined ? answer.text : JSON.parse(answer.text);
  return { answer: parsed as T, status, ...(limit && { limit }), usage: state.usage, runId };
}

type Shared = ResolvedOptions & Pick<Run, "budget" | "semaphore" | "toolCalls" | "warned" | "wait" | "deferChildren">;

interface SessionTask {
  runId: string;
  depth: number;
  seed: number;
  query: string;
  contexts: readonly ContextRef[];
  model: Run["model"];
  responseFormat: JsonSchema | undefined;
  signal: AbortSignal;
  parent?: { run: Run; turn: number; id: number };
}

/** One session from its first step to its outcome: the root's, or a child's. */
async function runSession(task: SessionTask, shared: Shared): Promise<{ answer: CallValue; state: RlmState }> {
  const run = createRun(task, shared);
  let state = initialState(task, shared, run);
  const { runId, depth, parent } = task;
  const place = { runId, depth };
  const repl = replOf(sessionOptions(state, run));
  run.emit({
    type: "run-start",
    ...place,
    state,
    repl,
    ...(parent && { parent: { runId: parent.run.id, turn: parent.turn, id: parent.id } }),
  });
  try {
    let step;
    while ((step = nextStep(state, run.limits)) !== "end") {
      run.signal.throwIfAborted();
      state = await steps[step](state, run);
    }
    const { status, limit, answerRef, json } = outcomeOf(state);
    const answer = { text: await run.store.get(answerRef), json };
    run.emit({ type: "run-end", ...place, status, ...(limit && { limit }), text: answer.text, usage: state.usage });
    return { answer, state };
  } catch (error) {
    const status = run.signal.aborted ? "aborted" : "failed";
    const message = error instanceof Error ? error.message : String(error);
    emitLast(run.emit, { type: "run-end", ...place, status, error: message, usage: run.meter.usage() });
    throw error;
  } finally {
    await run.session?.close();
    await discard(run.logKey, place, run);
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

function createRun(task: SessionTask, shared: Shared): Run {
  const { runId, model, signal, parent } = task;
  const run: Run = {
    ...shared,
    id: runId,
    model,
    signal,
    session: undefined,
    logKey: `${runId}/log`,
    meter: createMeter({ parent: parent?.run.meter, now: () => performance.now() }),
    now: Date.now,
    recurse: async (call, childSignal) => await runChild(call, childSignal, run, shared),
  };
  return run;
}

async function runChild(
  call: PendingCall,
  signal: AbortSignal,
  run: Run,
  shared: Shared,
): Promise<{ value: CallValue; usage: TokenUsage }> {
  const { answer, state } = await runSession(
    {
      runId: `${run.id}/${call.turn}.${call.id}`,
      depth: call.depth,
      // Another seed for each child, the same one whenever its parent is run again.
      seed: Number.parseInt(call.hash.slice(0, 8), 16),
      query: await run.store.get(call.queryRef),
      contexts: [call.context],
      model: run.subModel(),
      responseFormat: call.schema,
      signal,
      parent: { run, turn: call.turn, id: call.id },
    },
    shared,
  );
  const { inputTokens, outputTokens, estimated } = state.usage;
  return { value: answer, usage: { inputTokens, outputTokens, ...(estimated && { estimated }) } };
}

function initialState(
  { query, contexts, responseFormat, seed, depth }: SessionTask,
  { sandbox }: Shared,
  run: Run,
): RlmState {
  return {
    task: { query, contexts, ...(responseFormat && { responseFormat }) },
    journal: [],
    pending: [],
    usage: noUsage,
    seed,
    startedAt: run.now(),
    depth,
    versions: { schema: schemaVersion, v8: sandbox.v8 },
  };
}

function replOf({ queries, tools, kits, limits }: Repl): Repl {
  const { promptChars, outputChars, computeMs, heapMb, answerChars } = limits;
  return { queries, tools, kits, limits: { promptChars, outputChars, computeMs, heapMb, answerChars } };
}

function outcomeOf({ outcome }: RlmState): NonNullable<RlmState["outcome"]> {
  if (outcome === undefined) throw new TypeError("Cannot read the answer: the run has no outcome");
  return outcome;
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

// The error on its way out says more than one of a listener that hears of it.
function emitLast(emit: Emit, event: Parameters<Emit>[0]): void {
  try {
    emit(event);
  } catch {}
}
