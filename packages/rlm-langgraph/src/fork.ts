import { randomUUID } from "node:crypto";
import type { RunnableConfig } from "@langchain/core/runnables";
import { InputError, type JournalEvent, type Limits, type RunStore } from "rlm-core";
import { newestRun, replyOf } from "rlm-core/driver";
import { readTrajectoryLog } from "rlm-core/trajectory";
import { shownQuery } from "./begin.ts";
import { commonChildren } from "./common-children.ts";
import type { Beginning, GraphValues, Origin } from "./graph-state.ts";
import { addToJournal, readJournal } from "./journal-chain.ts";
import { lasting, limitsOfRun } from "./lasting-limits.ts";
import type { ThreadGraph, ThreadPlace } from "./resume.ts";

/** What is to be different on another branch of a thread. */
export interface RunChange {
  /** The question that is asked from there on. */
  query?: string;
  /** Over those of the run. */
  limits?: Partial<Limits>;
  /** In place of the newest reply at the checkpoint; what its code did there is undone. */
  reply?: string;
  /** In place of the newest reply: this code alone. */
  code?: string;
}

/** Begins another branch at a place of a thread: a run of its own, with the place's past in common. Returns its checkpoint. Throws InputError for a change that cannot be made there. */
export async function forkThread(
  { values, config }: ThreadPlace,
  change: RunChange,
  { graph, store }: { graph: ThreadGraph; store: RunStore },
): Promise<RunnableConfig> {
  if (values === undefined)
    throw new InputError(
      "Cannot fork there: the run has not begun at this checkpoint; begin it by rlm.invoke(null, config), or choose one that rlm.checkpoints() lists",
    );
  const { session, usage, context } = values;
  const { query = values.query, queryRef = session.queryRef } =
    change.query === undefined ? {} : { queryRef: undefined, ...(await shownQuery(change.query.trim(), store)) };
  const journal = await readJournal(values.journal, store);
  const past = changed(journal, change, values);
  const common = { runId: session.rootId, results: past.results };
  const raised = await raisedLimits(common, past.journal ?? journal, store);
  const limits = { ...session.limits, ...raised, ...change.limits };
  checkLimits(change.limits, past.journal ?? journal, session.ranUnder);
  const { journal: kept, ...going } = past;
  const head = kept === undefined ? values.journal : await addToJournal(null, kept, store);
  const origin: Origin = { runId: session.rootId, usage, journal: head, ...going };
  const id = randomUUID();
  const { seed } = session;
  const ranUnder = { ...session.ranUnder, ...limitsOfRun(change.limits) };
  const given = { ...(queryRef !== undefined && { queryRef }), ...(Object.keys(limits).length > 0 && { limits }) };
  // With the seed that it had, or its past could not be replayed.
  const beginning: Beginning = { id, rootId: id, depth: 0, seed, ranUnder, ...given, origin };
  return await graph.updateState(config, { query, context, beginning }, "__start__");
}

/** What persons raised before the place, in all sessions that the branches have in common: what they say later is of the other one. */
async function raisedLimits(
  origin: Pick<Origin, "runId" | "results">,
  journal: readonly JournalEvent[],
  store: RunStore,
): Promise<Partial<Limits>> {
  const trajectory = await readTrajectoryLog(store, origin.runId).catch(() => undefined);
  const children = trajectory === undefined ? [] : commonChildren(trajectory, origin, journal);
  const raised: Partial<Limits> = {};
  for (const event of [newestRun(journal), ...children.map((child) => child.journal)].flat()) {
    if (event.type !== "review" || event.limit === undefined || event.max === undefined) continue;
    // Those of a session its journal has.
    if (event.limit === "turns" || event.limit === "errors") continue;
    raised[event.limit] = Math.max(raised[event.limit] ?? 0, event.max);
  }
  return raised;
}

/** How the past goes on; `journal` where it is another one than the checkpoint's. */
function changed(
  journal: readonly JournalEvent[],
  { reply, code, query, limits }: RunChange,
  { pending, results, limit, outcome }: GraphValues,
): Omit<Origin, "runId" | "usage" | "journal"> & { journal?: JournalEvent[] } {
  const going = { limit: null, pending: [], results: {} };
  // Of this run: what stands before its task is that of the runs before it.
  const at = journal.findLastIndex(({ type }) => type === "reply" || type === "task");
  const newest = journal[at];
  if (reply !== undefined || code !== undefined) {
    if (newest?.type !== "reply")
      throw new InputError(
        `Cannot change the ${reply === undefined ? "code" : "reply"}: there is no reply at this checkpoint yet; choose a later one that rlm.checkpoints() lists`,
      );
    const { concludes: _, toolCalls: __, ...told } = newest;
    const text = code === undefined ? (reply ?? newest.text) : replyOf(code);
    return { ...going, journal: [...journal.slice(0, at), { ...told, text }] };
  }
  if (query === undefined && limits === undefined && outcome !== null)
    throw new InputError(
      "Cannot fork there: the run has its answer at this checkpoint; change its query, a limit, its reply or its code",
    );
  // What was asked for at a limit, or has ended the run by calls, is no turn like the others.
  if (newest?.type === "reply" && (newest.concludes ?? newest.toolCalls) !== undefined)
    return { ...going, journal: journal.slice(0, at) };
  return limits === undefined ? { limit, pending, results } : { ...going, pending, results: withoutRefused(results) };
}

/** Children that a limit refused are asked again where limits are others. */
function withoutRefused(results: GraphValues["results"]): GraphValues["results"] {
  return Object.fromEntries(Object.entries(results).filter(([, { limit }]) => limit === undefined));
}

function checkLimits(
  limits: Partial<Limits> = {},
  journal: readonly JournalEvent[],
  before: Partial<Limits> = {},
): void {
  const name =
    lasting.find((one) => limits[one] !== undefined) ?? (isOtherDepth(limits, journal, before) ? "depth" : undefined);
  if (name === undefined || !journal.some(({ type }) => type === "block")) return;
  throw new InputError(
    `Cannot change limits.${name} there: code has run under it before this checkpoint, and would not do again what it did; fork at the run's first turn`,
  );
}

/** Whether code would find queries that it did not have, or none, or what it asked of a helper would have been another one. */
function isOtherDepth({ depth }: Partial<Limits>, journal: readonly JournalEvent[], before: Partial<Limits>): boolean {
  if (depth === undefined || depth === before.depth) return false;
  const hasAsked = newestRun(journal).some((event) => event.type === "call" && event.kind === "rlm");
  return hasAsked || (depth === 0) !== (before.depth === 0);
}

/** Throws InputError for what is no change. */
export function checkChange(change: unknown): void {
  if (typeof change !== "object" || change === null || Array.isArray(change))
    throw new InputError(`Expected the change of a fork to be an object, got ${JSON.stringify(change)}`);
  for (const [name, value] of Object.entries(change)) {
    if (!Object.hasOwn(names, name))
      throw new InputError(`Unknown change "${name}": expected one of ${Object.keys(names).join(", ")}`);
    if (value === undefined) continue;
    if (name === "limits") {
      if (typeof value === "object" && value !== null && !Array.isArray(value)) continue;
      throw new InputError(`Expected the change of limits to be an object, got ${JSON.stringify(value)}`);
    }
    if (typeof value !== "string" || value.trim() === "")
      throw new InputError(`Expected the change of ${name} to be a text, got ${JSON.stringify(value)}`);
  }
  const { reply, code } = change as RunChange;
  if (reply !== undefined && code !== undefined)
    throw new InputError("Cannot change both the reply and its code: give one of them");
}

// All of them, says the type.
const names: Record<keyof RunChange, true> = { query: true, limits: true, reply: true, code: true };
