import { heard } from "./stopped-by.ts";

/**
 * The graph, without LangGraph's limit on its steps (25 by default): the limits of the run end it. As a node of another
 * graph it would be given that graph's limit, whatever its own config says, so each stream has its limit set here;
 * and its signals, for the same reason.
 */
export function uncounted<Graph extends Streams>(graph: Graph): Graph {
  const { _streamIterator, withConfig } = graph;
  return Object.assign(graph, {
    _streamIterator: (input: unknown, options?: object) =>
      _streamIterator.call(graph, input, { ...heard(options), recursionLimit: 100_000_000 }),
    // It makes another graph, which is given that limit as well.
    withConfig: (config: object) => uncounted(withConfig.call(graph, config)),
  });
}

/** What is touched of a compiled graph; as methods, so that the types of its state do not matter. */
interface Streams {
  _streamIterator(input: unknown, options?: object): AsyncGenerator;
  withConfig(config: object): Streams;
}
