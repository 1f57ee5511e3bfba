import type { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { CallbackManager, Callbacks } from "@langchain/core/callbacks/manager";
import type { Run } from "@langchain/core/tracers/base";

type Metadata = Record<string, unknown>;

/** The runs of one place in the traces that are written now: the innermost first, then those around it. One list for each tracer. */
function* runsAround(callbacks: Callbacks | undefined): Generator<Run[]> {
  if (!isManager(callbacks)) return;
  const seen = new Set<Run>();
  for (const handler of callbacks.handlers) {
    if (!isTracer(handler)) continue;
    const runs: Run[] = [];
    let run = handler.getRunById(callbacks.getParentRunId());
    // Below a nested graph there may be several copies of a tracer, which share their runs.
    if (run !== undefined && seen.has(run)) continue;
    while (run !== undefined) {
      seen.add(run);
      runs.push(run);
      run = handler.getRunById(run.parent_run_id);
    }
    yield runs;
  }
}

/** Every tracer built on LangChain's BaseTracer, such as LangSmith's and OpenInference's; told by shape, for there may be two copies of @langchain/core. */
interface Tracer extends BaseCallbackHandler {
  getRunById(id: string | undefined): Run | undefined;
}

function isTracer(handler: BaseCallbackHandler): handler is Tracer {
  return "getRunById" in handler && typeof handler.getRunById === "function";
}

function isManager(callbacks: Callbacks | undefined): callbacks is CallbackManager {
  return callbacks !== undefined && "getParentRunId" in callbacks;
}

/**
 * Adds to the metadata of the innermost run, in every trace that has it: what is only known when it has begun. LangChain has
 * no call for that; tracers send a run's metadata again when it ends, as its own tracer does with the usage of a model.
 */
export function tellTrace(callbacks: Callbacks | undefined, more: Metadata): void {
  for (const [run] of runsAround(callbacks)) if (run !== undefined) addMetadata(run, more);
}

/** Adds to the metadata of the run around the innermost one: for a node, that of its graph. */
export function tellTraceAround(callbacks: Callbacks | undefined, more: Metadata): void {
  for (const [, run] of runsAround(callbacks)) if (run !== undefined) addMetadata(run, more);
}

/** What model calls used, on a run of a trace and in all that is below it. */
export interface TracedUsage {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  /** US dollars; undefined where a model has no price. */
  costUsd?: number | undefined;
}

export const noTracedUsage: TracedUsage = { calls: 0, inputTokens: 0, outputTokens: 0 };

/** Adds to the usage of the innermost run and of those around it, up to the outermost that is a part of an RLM. */
export function countInTrace(callbacks: Callbacks | undefined, used: TracedUsage): void {
  for (const runs of runsAround(callbacks)) {
    const outer = runs.findLastIndex((run) => "rlm_depth" in metadataOf(run));
    for (const run of runs.slice(0, outer + 1)) addMetadata(run, sum(metadataOf(run), used));
  }
}

function sum(known: Metadata, { calls, inputTokens, outputTokens, costUsd }: TracedUsage): Metadata {
  const added = {
    rlm_calls: calls,
    rlm_input_tokens: inputTokens,
    rlm_output_tokens: outputTokens,
    ...(costUsd !== undefined && { rlm_cost_usd: costUsd }),
  };
  return Object.fromEntries(Object.entries(added).map(([name, value]) => [name, numberOf(known[name]) + value]));
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function metadataOf({ extra }: Run): Metadata {
  return (extra?.["metadata"] as Metadata | undefined) ?? {};
}

// Not in place: the runs below may have been given the same object.
function addMetadata(run: Run, more: Metadata): void {
  run.extra = { ...run.extra, metadata: { ...metadataOf(run), ...more } };
}
