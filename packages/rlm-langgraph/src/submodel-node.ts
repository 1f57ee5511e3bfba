import { isGraphBubbleUp, type LangGraphRunnableConfig } from "@langchain/langgraph";
import type { RunStore } from "rlm-core";
import { outcomeOf, submodel, type PendingCall, type Run, type Settled } from "rlm-core/driver";
import { shownQuery } from "./begin.ts";
import { onSession, type ChildCall } from "./graph-node.ts";
import type { Beginning, ChildResult, GraphInput, GraphState, GraphValues } from "./graph-state.ts";
import type { LiveTrees } from "./live-trees.ts";
import { tellTrace } from "./tracing/trace-runs.ts";

/** The graph itself, as a child is run by it. */
export type ChildGraph = (
  input: GraphInput & { beginning: Beginning },
  config: LangGraphRunnableConfig,
) => Promise<Pick<GraphValues, "outcome" | "usage">>;

/** Recursive sub-model invocation: runs the same graph for one call of the code, one level deeper. */
export function submodelNode(graph: () => ChildGraph, trees: LiveTrees) {
  return async ({ call, ...parent }: ChildCall, config: LangGraphRunnableConfig): Promise<typeof GraphState.Update> =>
    await onSession(parent, config, trees, async (run) => {
      const { session } = parent;
      tellTrace(config.callbacks, { rlm_turn: call.turn, rlm_call: call.id });
      const stop = new AbortController();
      const recurse: Run["recurse"] = async (child) => {
        try {
          const { outcome, usage } = await graph()(
            await childInput(child, session, run.store),
            childConfig(child, config),
          );
          const { answerRef, json } = outcomeOf({ outcome: outcome ?? undefined });
          const { inputTokens, outputTokens, estimated } = usage;
          const value = { text: await run.store.get(answerRef), json };
          return { value, usage: { inputTokens, outputTokens, ...(estimated && { estimated }) } };
        } catch (error) {
          // An interrupt in the child is no result: it goes up to whoever can answer it.
          if (isGraphBubbleUp(error)) stop.abort(error);
          throw error;
        }
      };
      const signal = AbortSignal.any([run.signal, stop.signal]);
      const settled = await submodel(call, { depth: session.depth }, { ...run, recurse, signal });
      return { results: { [call.id]: await toResult(settled, run.store) } };
    });
}

/** Results of children as rlm-core delivers them. */
export async function settledChildren(results: GraphValues["results"], store: RunStore): Promise<Map<number, Settled>> {
  const settled = Object.entries(results).map(async ([id, { ok, ref, json, limit }]) => {
    const value = { text: await store.get(ref), json };
    return [Number(id), { ok, value, ...(limit && { limit }) }] as const;
  });
  return new Map(await Promise.all(settled));
}

async function childInput(
  call: PendingCall,
  { id, rootId, limits }: GraphValues["session"],
  store: RunStore,
): Promise<GraphInput & { beginning: Beginning }> {
  const { query } = await shownQuery(await store.get(call.queryRef), store);
  const beginning: Beginning = {
    id: `${id}/${call.turn}.${call.id}`,
    rootId,
    depth: call.depth,
    // Another seed for each child, the same one whenever its parent is run again.
    seed: Number.parseInt(call.hash.slice(0, 8), 16),
    queryRef: call.queryRef,
    parent: { runId: id, turn: call.turn, id: call.id },
    ...(call.schema && { responseFormat: call.schema }),
    ...(limits && { limits }),
  };
  return { query, context: call.context, beginning };
}

function childConfig(call: PendingCall, config: LangGraphRunnableConfig): LangGraphRunnableConfig {
  // A nested graph takes none of its parent's durability.
  const durability = { durability: "sync" as const };
  return { ...config, ...durability, runName: "rlm", metadata: { ...config.metadata, rlm_depth: call.depth } };
}

async function toResult({ ok, value: { text, json }, limit }: Settled, store: RunStore): Promise<ChildResult> {
  return { ok, ref: await store.put(text), json, ...(limit && { limit }) };
}
