import type { LangGraphRunnableConfig } from "@langchain/langgraph";

/**
 * The graph, whose nodes hear what stops this graph itself. LangGraph tells those of a nested graph only what stops the
 * outermost one: where a child failed, the others would go on unseen, and pay.
 */
export function stoppable<Graph extends Streams>(graph: Graph): Graph {
  const { _streamIterator, withConfig } = graph;
  return Object.assign(graph, {
    _streamIterator: (input: unknown, options?: StreamOptions) =>
      _streamIterator.call(graph, input, withSignal(options)),
    withConfig: (config: object) => stoppable(withConfig.call(graph, config)),
  });
}

/** A node of such a graph: it does not begin once that is stopped, and is stopped with it. */
export function stoppedWithIt<Values, Update>(
  node: (values: Values, config: LangGraphRunnableConfig) => Promise<Update>,
): (values: Values, config: LangGraphRunnableConfig) => Promise<Update> {
  return async (values, config) => {
    const own: unknown = config.configurable?.[signalKey];
    if (!(own instanceof AbortSignal)) return await node(values, config);
    own.throwIfAborted();
    const signal = config.signal === undefined ? own : AbortSignal.any([config.signal, own]);
    return await node(values, { ...config, signal });
  };
}

// With this beginning LangGraph keeps it out of traces.
const signalKey = "__rlm_signal";

function withSignal(options: StreamOptions = {}): StreamOptions {
  const { signal, configurable } = options;
  // Without a configurable it is no nested graph.
  if (signal === undefined || configurable === undefined) return options;
  return { ...options, configurable: { ...configurable, [signalKey]: signal } };
}

interface StreamOptions {
  signal?: AbortSignal;
  configurable?: Record<string, unknown>;
}

/** What is touched of a compiled graph; as methods, so that the types of its state do not matter. */
interface Streams {
  _streamIterator(input: unknown, options?: object): AsyncGenerator;
  withConfig(config: object): Streams;
}
