import type { RunnableConfig } from "@langchain/core/runnables";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";

type Config = Partial<RunnableConfig>;

/** All that may stop an invocation: its own signal and timeout, and the signal of the node that it is made in. */
export function stoppedBy({ signal, timeout }: Config): AbortSignal | undefined {
  return anyOf([signal, timeout === undefined ? undefined : AbortSignal.timeout(timeout), configAround()?.signal]);
}

/**
 * The config of a graph, so that its own signal is heard inside of another graph too: there LangGraph takes the signals of
 * the outermost one, and neither a signal of the invocation nor the time limit of a node would reach what is below.
 */
export function heard<T extends Config>(config: T | undefined): T | undefined {
  const around = configAround();
  const { [signalsKey]: outer, ...configurable } = { ...around?.configurable, ...config?.configurable };
  if (!isSignals(outer)) return config;
  const signal = anyOf([config?.signal, around?.signal, outer.externalAbortSignal, outer.timeoutAbortSignal]);
  return { ...(config as T), configurable: { ...configurable, [signalsKey]: undefined }, ...(signal && { signal }) };
}

// LangGraph's own; a test tells when it changes.
const signalsKey = "__pregel_abort_signals";

interface Signals {
  externalAbortSignal?: AbortSignal;
  timeoutAbortSignal?: AbortSignal;
}

function isSignals(value: unknown): value is Signals {
  return typeof value === "object" && value !== null;
}

function configAround(): Config | undefined {
  return AsyncLocalStorageProviderSingleton.getRunnableConfig() as Config | undefined;
}

function anyOf(signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = [...new Set(signals.filter((signal) => signal !== undefined))];
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}
