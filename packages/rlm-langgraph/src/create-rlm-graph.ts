import { END, START, StateGraph } from "@langchain/langgraph";
import type { RlmEvent, RunStore } from "rlm-core";
import { conclude, defaultSandbox, deliverResults, direct, execute, generate, resolveOptions } from "rlm-core/driver";
import { beginNode } from "./begin.ts";
import { checkOptions } from "./check-options.ts";
import { stepNode } from "./graph-node.ts";
import type { RlmGraphOptions } from "./graph-options.ts";
import { GraphInputState, GraphOutputState, GraphState } from "./graph-state.ts";
import { createLiveTrees, type LiveTrees } from "./live-trees.ts";
import { resolveModels } from "./models.ts";
import { createParkedSessions } from "./parked-sessions.ts";
import { createRecorder } from "./recorder.ts";
import { toTools } from "./repl-tools/to-tools.ts";
import { reviewNode } from "./review-node.ts";
import { stoppable, stoppedWithIt } from "./stoppable.ts";
import { settledChildren, submodelNode, type ChildGraph } from "./submodel-node.ts";
import { uncounted } from "./uncounted.ts";

/**
 * The Recursive Language Model as a LangGraph graph (Algorithm 1 of arXiv 2512.24601): `generate` (code generation),
 * `execute` (sandbox execution), `submodel` (recursive sub-model invocation: this graph, one level deeper), `conclude`,
 * `direct`, `review` (a person is asked), and `begin` before them. Its state holds references, never texts: invoke it with what `storeContexts` gives.
 * Throws InputError for options that cannot be used.
 */
export function createRlmGraph<T = string>(options: RlmGraphOptions<T>) {
  return buildGraph(options).graph;
}

/**
 * The graph, and what lives beside it. `record` hears what the user's listener hears, of each run with its store. With
 * `alone` it takes no checkpointer of a graph around it, which would outlive the texts that checkpoints refer to.
 */
export function buildGraph<T>(
  options: RlmGraphOptions<T>,
  record?: (rootId: string, store: RunStore) => (event: RlmEvent) => Promise<void>,
  { alone = false }: { alone?: boolean } = {},
) {
  checkOptions(options);
  const { checkpointer, idleMs = 300_000, liveSessions = 4, model, subModel, tools, ...others } = options;
  const rest = { ...others, ...(tools && { tools: toTools(tools) }) };
  let models: ReturnType<typeof resolveModels> | undefined;
  // Without checkpoints nobody could come back to one.
  const parked = checkpointer && createParkedSessions({ most: liveSessions, idleMs });
  const trees = createLiveTrees({
    idleMs,
    parked,
    asksLater: checkpointer !== undefined && rest.approve === undefined,
    async resolve(rootId, { store = rest.store, signal, limits, parts = {}, ...other }) {
      const isOther = other.model !== undefined || other.subModel !== undefined;
      const loading = isOther
        ? resolveModels(other.model ?? model, other.subModel ?? subModel)
        : (models ??= resolveModels(model, subModel));
      // What failed once, such as a missing key, may be there the next time.
      models?.catch(() => (models = undefined));
      const recorder = record && createRecorder(record(rootId, store));
      const { onEvent: alsoHears, ...own } = parts;
      const onEvent = (event: RlmEvent): unknown => {
        alsoHears?.(event);
        return bothHear(event, rest.onEvent, recorder?.hear);
      };
      const known = await loading;
      // Sub-calls stay with theirs.
      const loaded = own.model === undefined ? known : { subModel: known.model, ...known };
      const given = { store, ...(signal && { signal }), limits: { ...rest.limits, ...limits }, onEvent };
      return {
        options: resolveOptions<unknown>({ ...rest, ...loaded, ...own, ...given }, defaultSandbox()),
        recorded: async () => await recorder?.recorded(),
      };
    },
  });
  const builder = createBuilder(trees, () => child);
  // Without a checkpointer of its own a child uses its parent's.
  const inner = uncounted(stoppable(builder.compile({ name: "rlm", ...(alone && { checkpointer: false }) })));
  const child: ChildGraph = async (input, config) => await inner.invoke(input, config);
  const own = alone ? false : checkpointer;
  const compiled = stoppable(builder.compile({ name: "rlm", ...(own !== undefined && { checkpointer: own }) }));
  const graph = uncounted(compiled.withConfig({ metadata: { rlm_depth: 0 } }));
  return { graph, trees };
}

function createBuilder(trees: LiveTrees, child: () => ChildGraph) {
  return new StateGraph({ state: GraphState, input: GraphInputState, output: GraphOutputState })
    .addNode("begin", stoppedWithIt(beginNode(trees)), { ends: ["direct", "generate", "review"] })
    .addNode("direct", stoppedWithIt(stepNode("direct", direct, trees)), { ends: ["conclude", "review", END] })
    .addNode("generate", stoppedWithIt(stepNode("generate", generate, trees)), {
      ends: ["execute", "generate", "conclude", "review"],
    })
    .addNode("execute", stoppedWithIt(stepNode("execute", executeWithChildren, trees)), {
      ends: ["submodel", "generate", "conclude", "review", END],
    })
    .addNode("submodel", stoppedWithIt(submodelNode(child, trees)))
    .addNode("conclude", stoppedWithIt(stepNode("conclude", conclude, trees)), { ends: ["review", END] })
    .addNode("review", stoppedWithIt(reviewNode(trees)), { ends: ["direct", "generate", "execute", "conclude", END] })
    .addEdge(START, "begin")
    .addEdge("submodel", "execute");
}

const executeWithChildren: Parameters<typeof stepNode>[1] = async (state, run, { results }) => {
  const delivered =
    state.pending.length === 0 ? state : await deliverResults(state, await settledChildren(results, run.store), run);
  return await execute(delivered, run);
};

// A promise where there is one: what it rejects with ends the run.
function bothHear(
  event: RlmEvent,
  onEvent: ((event: RlmEvent) => unknown) | undefined,
  record: ((event: RlmEvent) => Promise<void>) | undefined,
): unknown {
  const heard = onEvent?.(event);
  return record === undefined ? heard : Promise.all([heard, record(event)]);
}
