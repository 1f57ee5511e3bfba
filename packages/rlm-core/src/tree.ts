import { restoreBudget } from "./budget.ts";
import type { BudgetEntry } from "./budget-log.ts";
import type { ContextRef } from "./context.ts";
import type { RunEndEvent, RunStartEvent } from "./events.ts";
import { contentOf } from "./file-ref.ts";
import type { JsonSchema } from "./json-schema.ts";
import { listenedBy } from "./listener.ts";
import type { ResolvedOptions } from "./options.ts";
import { wait } from "./queries/wait.ts";
import { recordDigest } from "./record-digest.ts";
import type { Run } from "./run.ts";
import { createSemaphore } from "./semaphore.ts";
import { outcomeOf, schemaVersion, type PendingCall, type RlmState, type Usage } from "./state.ts";
import { sessionContexts } from "./session-contexts.ts";
import { sessionOptions } from "./steps/live-session.ts";
import { noUsage } from "./usage.ts";

/** What all sessions of one run share: the options, the budget, and a signal that a failing listener aborts too. */
export type Tree = ResolvedOptions &
  Pick<
    Run,
    "budget" | "semaphore" | "toolCalls" | "warned" | "wait" | "deferChildren" | "asksLater" | "asking" | "traced"
  >;

/** What one session is asked: the root's, or a child's. */
export interface SessionTask {
  runId: string;
  /** 0 at the root. */
  depth: number;
  seed: number;
  query: string;
  contexts: readonly ContextRef[];
  model: Run["model"];
  responseFormat: JsonSchema | undefined;
  cite?: true | undefined;
  signal: AbortSignal;
  parent?: { run: Run; turn: number; id: number };
}

/** How a tree is opened. */
export interface TreeParts {
  /** Whether children are left to the driver. @default false */
  deferChildren?: boolean;
  /** Whether the driver asks persons, where the run has no `approve`. @default false */
  asksLater?: boolean;
  /** The pause before a model is asked again. */
  wait?: Run["wait"];
  /** What the run had spent, where its budget has no log: the beginning of a new one. @default nothing */
  spent?: Usage;
}

/** Opens a run's tree; one that was opened before under this id finds what it has spent. */
export async function openTree(
  options: ResolvedOptions,
  runId: string,
  { deferChildren = false, asksLater = false, wait: pause = wait, spent = noUsage }: TreeParts = {},
): Promise<Tree> {
  const { limits, prices, store } = options;
  if (spent.calls > 0 && (await store.read(budgetKey(runId))).length === 0)
    await store.append(budgetKey(runId), spentEntry(runId, spent));
  const failure = new AbortController();
  const emit = listenedBy(options.emit, (error) => failure.abort(error));
  return {
    ...options,
    signal: AbortSignal.any([options.signal, failure.signal]),
    emit,
    deferChildren,
    asksLater,
    asking: new Map(),
    traced: async (_call, work) => await work(),
    budget: await restoreBudget({
      limits,
      prices,
      store,
      logKey: budgetKey(runId),
      onEntry: (entry) => emit({ type: "budget", runId: entry.runId, depth: depthOf(entry.runId), entry }),
    }),
    semaphore: createSemaphore(limits.concurrency),
    toolCalls: new Map(),
    warned: new Map(),
    wait: pause,
  };
}

/** What a run had spent before its budget's log begins. */
export function spentEntry(runId: string, usage: Usage): BudgetEntry {
  return { type: "spent", id: runId, runId, usage, activeMs: usage.activeMs };
}

/** The key of a run's budget in the store. */
export function budgetKey(runId: string): string {
  return `${runId}/budget`;
}

/** The depth of a session: a child's id is its parent's and the call that opened it. */
export function depthOf(runId: string): number {
  return runId.split("/").length - 1;
}

/** What a driver brings for a session's run. */
export interface RunParts {
  logKey: string;
  recurse: Run["recurse"];
}

/** The live things of one session. */
export function createRun({ runId, model, signal }: SessionTask, tree: Tree, parts: RunParts): Run {
  const { logKey, recurse } = parts;
  return {
    ...tree,
    id: runId,
    model,
    signal,
    session: undefined,
    logKey,
    meter: { usage: () => tree.budget.usage(runId) },
    now: Date.now,
    recurse,
  };
}

/** Where a session stands before its first step. */
export function initialState(
  { query, contexts, responseFormat, cite, seed, depth }: Omit<SessionTask, "model" | "signal" | "parent">,
  { sandbox }: Pick<Tree, "sandbox">,
): RlmState {
  return {
    task: { query, contexts, ...(responseFormat && { responseFormat }), ...(cite && { cite }) },
    journal: [],
    pending: [],
    usage: noUsage,
    seed,
    startedAt: Date.now(),
    depth,
    versions: { schema: schemaVersion, v8: sandbox.v8 },
  };
}

/** The session that a call opens. */
export async function childTask(call: PendingCall, run: Run, signal: AbortSignal): Promise<SessionTask> {
  return {
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
  };
}

/** Tells listeners that a session begins. */
export function runStart(state: RlmState, run: Run, parent: RunStartEvent["parent"]): RunStartEvent {
  const { queries, tools, kits, limits } = sessionOptions(state, run);
  const { promptChars, outputChars, computeMs, heapMb, answerChars } = limits;
  const repl = { queries, tools, kits, limits: { promptChars, outputChars, computeMs, heapMb, answerChars } };
  const start = { type: "run-start", runId: run.id, depth: state.depth, state, repl } as const;
  return parent === undefined ? { ...start, limits: run.limits } : { ...start, parent };
}

/** Tells listeners that a session has its answer. */
export function runEnded(state: RlmState, text: string, run: Run): RunEndEvent {
  const { depth, usage, journal, seed, task } = state;
  const { status, limit, toolCalls } = outcomeOf(state);
  const contexts = sessionContexts(state).map(({ name, kind, ref }) => ({ name, kind, hash: contentOf(ref) }));
  const digest = recordDigest({ ...task, contexts, seed, journal });
  const more = { ...(limit && { limit }), text, ...(toolCalls && { toolCalls }) };
  return { type: "run-end", runId: run.id, depth, status, ...more, digest, usage };
}

/** Tells listeners that a session ended with an error, or was aborted. */
export function runFailed(error: unknown, depth: number, run: Run): RunEndEvent {
  const status = run.signal.aborted ? "aborted" : "failed";
  const message = error instanceof Error ? error.message : String(error);
  return { type: "run-end", runId: run.id, depth, status, error: message, usage: run.meter.usage() };
}
