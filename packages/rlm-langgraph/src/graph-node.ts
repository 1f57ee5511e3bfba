import { Command, END, isGraphBubbleUp, Send, type LangGraphRunnableConfig } from "@langchain/langgraph";
import type { RlmEvent, RlmState } from "rlm-core";
import {
  createRun,
  emitLast,
  nextStep,
  readAnswer,
  runEnded,
  runFailed,
  turnsOf,
  type PendingCall,
  type Run,
  type StepName,
} from "rlm-core/driver";
import { stepLogKey } from "./calls-of-children.ts";
import { configuredBy } from "./configured.ts";
import type { GraphSession, GraphState, GraphValues } from "./graph-state.ts";
import { addToJournal } from "./journal-chain.ts";
import { closeSessions, putSession, takeSession, type LiveTree, type LiveTrees, type Overrides } from "./live-trees.ts";
import { threadOf } from "./parked-sessions.ts";
import { adviceForRun, withAdvice } from "./replay-advice.ts";
import { placeOf, stateOf, type SessionValues } from "./session-state.ts";
import { tellSession } from "./tell-session.ts";
import { budgetInTrace } from "./tracing/budget-in-trace.ts";
import { inTrace } from "./tracing/in-trace.ts";
import { readable, shownStep } from "./tracing/readable.ts";
import { countInTrace, noTracedUsage, tellTrace, tellTraceAround } from "./tracing/trace-runs.ts";
import { traced } from "./tracing/traced-call.ts";

/** A step of rlm-core on the state of one session; `values`: the graph's own state beside it. */
type Step = (state: RlmState, run: Run, values: GraphValues) => Promise<RlmState>;

type Update = typeof GraphState.Update;

/** A node that runs a step: reads rlm-core's state out of the graph's, and writes back what the step changed. */
export function stepNode(name: string, step: Step, trees: LiveTrees) {
  return async (values: GraphValues, config: LangGraphRunnableConfig): Promise<Command> => {
    const place = placeOf(name, values);
    return await onSession(values, { ...config, place }, trees, async (run, live) => {
      const before = await stateOf(values, live);
      const turn = turnsOf(before.journal).length + (name === "generate" ? 1 : 0);
      const after = await inTrace(config, { rlm_run: run.id, rlm_turn: turn }, () => step(before, run, values));
      const next = nextStep(after, run.limits, run.review);
      const update = await updateOf({ before, after, next }, values, run, live);
      if (next === "end") await leave(run, after, config, trees);
      const { pending, usage } = after;
      const { journal = null } = update;
      const command = goOn(next, { ...values, journal, pending, usage }, update);
      return readable(command, await shownStep(name, before, after, run.store));
    });
  };
}

/** The node that comes next, or one submodel for each pending child. By a command, so that a trace has no run for the choice. */
export function goOn(
  next: StepName | "end",
  { pending, session, usage, journal, query, context }: SessionValues & Pick<GraphValues, "pending">,
  update: Update,
): Command {
  const parent: SessionValues = { session, usage, journal, query, context };
  const children = pending.map((call) => new Send("submodel", { call, ...parent } satisfies ChildCall));
  return new Command({ update, goto: next === "end" ? END : next === "submodel" ? children : next });
}

/** What `Send` gives the node submodel: one pending call, and the session that made it. */
export type ChildCall = SessionValues & { call: PendingCall };

/** The config of a node; `place` names the write-ahead log of its step, if it has one; with `quiet` it tells of the session itself. */
type NodeConfig = LangGraphRunnableConfig & { place?: string; quiet?: boolean };

/** Works on the run of one session: live things, traces and streams wired to the node that runs now. */
export async function onSession<T>(
  values: SessionValues,
  { place = "none", quiet = false, ...config }: NodeConfig,
  trees: LiveTrees,
  work: (run: Run, live: LiveTree) => Promise<T>,
): Promise<T> {
  const { session } = values;
  const onTree = async (live: LiveTree): Promise<T> => {
    const base = baseRun(values, live);
    const run = nodeRun(base, session, { ...config, place }, live);
    tellTrace(config.callbacks, { rlm_run: session.id });
    tellTraceAround(config.callbacks, { rlm_run: session.id });
    countInTrace(config.callbacks, noTracedUsage);
    try {
      if (!quiet) await tellSession(values, run, live);
      const done = await work(run, live);
      // The checkpoint that comes next refers to what happened here: the record has it before.
      await live.recorded();
      return done;
    } catch (cause) {
      // An interrupt of a child leaves its parent's code suspended as it is.
      if (isGraphBubbleUp(cause)) throw cause;
      const error = withAdvice(cause, adviceForRun);
      await run.session?.close();
      run.session = undefined;
      await fail(error, run, session, live);
      throw error;
    } finally {
      if (run.refused !== undefined) base.refused = run.refused;
      await putSession(base, run.session);
    }
  };
  const { limits: _, ...models } = configuredBy(config);
  return await trees.within(session.rootId, onTree, { ...models, ...overridesOf(values) });
}

/** What the options of a tree do not say: limits of its own, and what a root had spent where its budget has no log any more. */
function overridesOf({ session: { limits, ranUnder, depth }, usage }: SessionValues): Overrides {
  return { limits: { ...limits, ...ranUnder }, ...(depth === 0 && { spent: usage }) };
}

/** The parts of a session's run that live from node to node; made when a node first needs them, also after a crash. */
function baseRun({ session }: SessionValues, { tree, runs }: LiveTree): Run {
  const known = runs.get(session.id);
  if (known !== undefined) return known;
  const { id: runId, depth, seed, parent } = session;
  const above = parent && runs.get(parent.runId);
  const base = createRun(
    {
      runId,
      depth,
      seed,
      query: "",
      contexts: [],
      model: depth === 0 ? tree.model : tree.subModel(),
      responseFormat: session.responseFormat,
      ...(session.cite && { cite: session.cite }),
      signal: tree.signal,
      ...(parent && above && { parent: { run: above, turn: parent.turn, id: parent.id } }),
    },
    tree,
    {
      logKey: `${runId}/log`,
      recurse: () => Promise.reject(new TypeError("Only the node submodel opens children")),
    },
  );
  runs.set(session.id, base);
  return base;
}

function nodeRun(
  base: Run,
  { rootId, id }: GraphSession,
  { place, ...config }: NodeConfig & { place: string },
  { tree }: LiveTree,
): Run {
  const { signal } = config;
  return {
    ...base,
    session: takeSession(base),
    logKey: stepLogKey(rootId, id, place),
    keepsLog: true,
    signal: signal === undefined ? tree.signal : AbortSignal.any([tree.signal, signal]),
    budget: budgetInTrace(base.budget),
    emit: (event) => {
      config.writer?.(streamed(event));
      tree.emit(event);
    },
    traced: async (call, work) => await traced(call, work, { ...config, session: id }),
  };
}

// The texts of results stay out of streams, as they stay out of traces.
function streamed(event: RlmEvent): RlmEvent {
  if (event.type !== "journal" || event.text === undefined) return event;
  const { text, ...rest } = event;
  return rest;
}

async function fail(error: unknown, run: Run, { depth, id, rootId }: GraphSession, live: LiveTree): Promise<void> {
  emitLast(run.emit, runFailed(error, depth, run));
  live.runs.delete(id);
  if (id !== rootId) return;
  // Nobody goes on with this run, unless it is resumed, which opens it again.
  await closeSessions(live);
}

async function updateOf(
  { before, after, next }: { before: RlmState; after: RlmState; next: StepName | "end" },
  values: GraphValues,
  run: Run,
  live: LiveTree,
): Promise<Update> {
  const { journal, pending, reviews = null, usage, limit = null, outcome = null } = after;
  const head = await addToJournal(values.journal, journal.slice(before.journal.length), run.store);
  if (values.journal !== null) live.journals.delete(values.journal);
  if (head !== null) live.journals.set(head, [...journal]);
  const update: Update = { journal: head, pending, reviews, usage, limit, outcome, results: null };
  if (outcome === null || next !== "end") return update;
  return { ...update, ...(await ended(outcome, after, run, live)) };
}

/** The session is over: that of a thread waits for its next question, any other goes. */
async function leave(
  run: Run,
  { depth }: RlmState,
  { configurable }: LangGraphRunnableConfig,
  { parked }: LiveTrees,
): Promise<void> {
  const { session } = run;
  run.session = undefined;
  const thread = depth > 0 ? undefined : threadOf(configurable);
  if (session === undefined || parked === undefined || thread === undefined) await session?.close();
  else await parked.park(thread, session);
}

/** The session has its answer. A root's answer is the graph's output; a child's stays in the store. */
async function ended(
  { answerRef, status }: NonNullable<RlmState["outcome"]>,
  state: RlmState,
  run: Run,
  live: LiveTree,
): Promise<Update> {
  const { depth, task } = state;
  const text = await run.store.get(answerRef);
  run.emit(runEnded(state, text, run));
  live.runs.delete(run.id);
  if (depth > 0) return {};
  const { answer, ...cited } = readAnswer(text, status === "tool_calls" ? {} : task);
  return task.cite === true ? { answer, cited: { citations: [], ...cited } } : { answer };
}
