import type { Command, LangGraphRunnableConfig } from "@langchain/langgraph";
import type { ContextRef, JsonSchema, RlmState } from "rlm-core";
import { broughtBy, furtherRun, meetVariables, nextStep, noUsage, type Run } from "rlm-core/driver";
import { contextsOf, putTasks, readTasks, type AskedTask } from "./asked-tasks.ts";
import { goOn, onSession } from "./graph-node.ts";
import type { Beginning, GraphSession, GraphValues } from "./graph-state.ts";
import { addToJournal } from "./journal-chain.ts";
import type { LiveTree, LiveTrees } from "./live-trees.ts";
import { threadOf } from "./parked-sessions.ts";
import { journalOf } from "./session-state.ts";
import { adviceForThread, withAdvice } from "./replay-advice.ts";
import { tellJournal, tellStart } from "./tell-session.ts";

/** A further run of a thread, as the node `begin` knows it. */
export interface Further {
  given: Omit<Beginning, "origin">;
  /** The session of the run before it. */
  before: GraphSession & { asked: string };
  /** As the state shows it. */
  query: string;
  queryRef: string | undefined;
  /** The whole query. */
  whole: string;
  contexts: readonly ContextRef[];
  responseFormat: JsonSchema | undefined;
  cite: true | undefined;
}

/** The session of the run that a thread's next question goes on from; undefined where there is none. */
export function sessionBefore(
  { session }: Partial<Pick<GraphValues, "session">>,
  { id, depth }: Pick<Beginning, "id" | "depth">,
): Further["before"] | undefined {
  if (session === undefined || depth > 0 || session.id === id || session.asked === undefined) return undefined;
  return { ...session, asked: session.asked };
}

/** Begins a further run in the REPL of a thread: its variables and contexts stay, all else is the run's own. */
export async function beginFurther(
  further: Further,
  values: GraphValues,
  config: LangGraphRunnableConfig,
  trees: LiveTrees,
): Promise<Command> {
  const { given, before, query, queryRef, whole, contexts, responseFormat, cite } = further;
  const { seed, versions } = before;
  const session: GraphSession = {
    ...given,
    // Of the REPL, for what it did is to be done again.
    seed,
    versions,
    startedAt: Date.now(),
    ...(queryRef !== undefined && { queryRef }),
    ...(responseFormat && { responseFormat }),
    ...(cite && { cite }),
  };
  const quiet = { session, usage: noUsage, journal: null, query, context: contexts };
  return await onSession(quiet, { ...config, quiet: true }, trees, async (run, live) => {
    const tasks = await readTasks(before.asked, run.store);
    const stood = await standOf(values, before, tasks, live);
    // An answer that a person has not accepted is none.
    if (nextStep(stood, run.limits, run.review) === "review") delete stood.outcome;
    const begun = await furtherRun(stood, { query: whole, contexts, responseFormat, cite }, run);
    tellStart(begun, run, undefined);
    const thread = threadOf(config.configurable);
    run.session = thread === undefined ? undefined : trees.parked?.take(thread);
    const state = await meetVariables(begun, run).catch((error: unknown) =>
      Promise.reject(withAdvice(error, adviceForThread)),
    );
    const head = await headOf(values.journal, stood, state, run);
    if (head !== null) live.journals.set(head, [...state.journal]);
    const asked = await putTasks([...tasks, { ...state.task, query, contexts: broughtBy(state) }], run.store);
    const now = { session: { ...session, asked }, usage: noUsage, journal: head, query, context: state.task.contexts };
    await tellJournal(state, run);
    live.told.set(session.id, Promise.resolve());
    const kept = {
      limit: null,
      pending: [],
      reviews: null,
      results: null,
      outcome: null,
      answer: null,
      ...(values.cited && { cited: null }),
      beginning: given,
    };
    return goOn(nextStep(state, run.limits, run.review), { ...now, pending: [] }, { ...now, ...kept });
  });
}

/** Where the run before stood at its end. */
async function standOf(
  { journal, outcome }: GraphValues,
  { seed, startedAt, depth, versions }: GraphSession,
  tasks: readonly AskedTask[],
  live: LiveTree,
): Promise<RlmState> {
  return {
    task: { query: "", ...tasks.at(-1), contexts: contextsOf(tasks) },
    earlier: tasks.slice(0, -1),
    journal: await journalOf(journal, live),
    pending: [],
    usage: noUsage,
    ...(outcome !== null && { outcome }),
    seed,
    startedAt,
    depth,
    versions,
  };
}

/** The journal goes on where the last one ended, or, where a block of that is dropped, in a chain of its own. */
async function headOf(
  head: string | null,
  { journal: before }: RlmState,
  { journal }: RlmState,
  { store }: Run,
): Promise<string | null> {
  const isWhole = journal.length === before.length + 1;
  return isWhole ? await addToJournal(head, journal.slice(-1), store) : await addToJournal(null, journal, store);
}
