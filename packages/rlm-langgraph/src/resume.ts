import { InputError } from "rlm-core";
import type { Interrupt } from "@langchain/langgraph";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { buildGraph } from "./create-rlm-graph.ts";
import type { Beginning, GraphValues } from "./graph-state.ts";
import type { Overrides } from "./live-trees.ts";

type Configurable = NonNullable<RunnableConfig["configurable"]>;

export type ThreadGraph = Pick<ReturnType<typeof buildGraph>["graph"], "getState" | "getStateHistory" | "updateState">;

/** Where a thread stands. */
export interface ThreadPlace {
  /** Undefined only where the graph was invoked without createRlm and killed before its first node had ended. */
  runId: string | undefined;
  /** Of its root session; undefined where it has not begun. */
  values: GraphValues | undefined;
  /** Whether the run has its answer. */
  ended: boolean;
  /** It has none and no next step either: its state was changed from outside. */
  stuck: boolean;
  /** The questions that persons have not answered, of all its sessions. */
  waiting: Interrupt[];
  /** What its tree is opened with. */
  overrides: Pick<Overrides, "limits" | "spent">;
  /** The thread and the checkpoint. */
  config: RunnableConfig;
}

/** Where the thread stands that a config names, or one checkpoint of it; undefined where it holds nothing. Throws InputError for a config that names none. */
export async function placeOfThread(
  graph: ThreadGraph,
  checkpointer: BaseCheckpointSaver | undefined,
  { configurable = {} }: RunnableConfig = {},
  action: string,
): Promise<ThreadPlace | undefined> {
  if (checkpointer === undefined)
    throw new InputError(
      `Cannot ${action}: there is no checkpointer; give createRlm the one that the run was saved by`,
    );
  checkPlace(action, configurable);
  const { values, createdAt, config, tasks } = await graph.getState({ configurable });
  if (createdAt === undefined) return undefined;
  const waiting = tasks.flatMap(({ interrupts }) => interrupts);
  const known = values as Partial<GraphValues>;
  const input = tasks.some(({ name }) => name === "__start__") ? await waitingInput(checkpointer, config) : undefined;
  const beginning = input ?? known.beginning;
  const { session, usage, outcome, answer = null } = known;
  const begun = session !== undefined && (beginning === undefined || beginning.id === session.id);
  if (input === undefined && begun) {
    const { rootId: runId, limits, ranUnder } = session;
    const overrides = { limits: { ...limits, ...ranUnder }, ...(usage && { spent: usage }) };
    // Not by what comes next: a node whose writes are saved, and whose checkpoint is not, is left out there.
    const isOver = tasks.length === 0;
    const hasOutcome = outcome !== null && outcome !== undefined;
    // Not ended by its outcome: that may wait for a person, and a node that has heard an answer counts as done already.
    const stands = { ended: isOver && answer !== null, stuck: isOver && !hasOutcome };
    return { runId, values: known as GraphValues, ...stands, waiting, overrides, config };
  }
  const { limits, ranUnder, origin } = beginning ?? {};
  const overrides = { limits: { ...limits, ...ranUnder }, ...(origin && { spent: origin.usage }) };
  return { runId: beginning?.rootId, values: undefined, ended: false, stuck: false, waiting, overrides, config };
}

/** Whether a graph around it gives the config, and with it the place of its thread where this run is. */
export function isInGraph(configurable: Configurable): boolean {
  // LangGraph's own mark: it reads its channels by it.
  return configurable["__pregel_read"] !== undefined;
}

function checkPlace(action: string, configurable: Configurable): void {
  const { thread_id: threadId, checkpoint_ns: inside = "" } = configurable;
  if (typeof threadId !== "string" || threadId === "")
    throw new InputError(
      `Cannot ${action}: expected config.configurable.thread_id to name a thread, got ${JSON.stringify(threadId)}`,
    );
  if (inside !== "" && !isInGraph(configurable))
    throw new InputError(
      `Cannot ${action}: config.configurable.checkpoint_ns ${JSON.stringify(inside)} is a place inside of a run; leave it out, for the thread itself`,
    );
}

/** The {@link InputError} for a thread, or a checkpoint, that holds nothing. */
export function nothingThere(action: string, { configurable = {} }: RunnableConfig): InputError {
  const { thread_id, checkpoint_id } = configurable;
  const what = checkpoint_id === undefined ? "holds no run" : `has no checkpoint ${JSON.stringify(checkpoint_id)}`;
  return new InputError(
    `Cannot ${action}: thread ${JSON.stringify(thread_id)} ${what}; a run is there once its first checkpoint is saved`,
  );
}

/** What the run begins with, where it was killed before even that was in its state. */
async function waitingInput(checkpointer: BaseCheckpointSaver, config: RunnableConfig): Promise<Beginning | undefined> {
  const saved = await checkpointer.getTuple(config);
  const input = saved?.checkpoint.channel_values["__start__"] as { beginning?: Beginning } | undefined;
  return input?.beginning;
}
