import type { RunnableConfig } from "@langchain/core/runnables";
import type { Command, StreamMode, StreamOutputMap } from "@langchain/langgraph";
import type { ReviewPoint, RlmEvent, RunStore } from "rlm-core";
import type { Configured } from "./configured.ts";
import type { RlmGraphOptions } from "./graph-options.ts";
import type { GraphState, GraphValues } from "./graph-state.ts";
import type { RlmContext } from "./to-context.ts";

export interface RlmRunnableInput {
  query: string;
  /** May be left out on a thread that had a run: the question is about what is there. */
  context?: RlmContext;
}

/** A question; null, which goes on with a run that was cut off; or the answer to one that waits for a person, `new Command({ resume })`. */
export type RlmInvocation = RlmRunnableInput | Command | null;

export interface RlmRunnableOptions<T = string> extends Omit<RlmGraphOptions<T>, "store"> {
  /** Where texts and logs are kept. @default a memoryStore() for each run; with a checkpointer one for all of them */
  store?: RunStore;
}

/** Options by which a run may wait for a person, for as long as it takes: its result may be {@link Interrupted}. */
export interface ReviewedOptions<T = string> extends RlmRunnableOptions<T> {
  /** With tools that ask alone: []. */
  review: readonly ReviewPoint[];
  approve?: undefined;
}

/** What may be given with one invocation; `configurable.rlm` takes the place of options of the same name. */
export type RlmCallOptions = RunnableConfig<{ rlm?: Configured; thread_id?: string; [name: string]: unknown }>;

/** How the graph's stream is asked for: LangGraph's modes. */
export interface StreamOptions<
  Mode extends StreamMode | StreamMode[],
  Subgraphs extends boolean,
> extends Partial<RlmCallOptions> {
  streamMode: Mode;
  /** Whether children's chunks come too, each with its namespace. @default false */
  subgraphs?: Subgraphs;
}

export type StreamChunk<Mode extends StreamMode | StreamMode[], Subgraphs extends boolean> = StreamOutputMap<
  Mode,
  Subgraphs,
  typeof GraphState.Update,
  GraphValues,
  string,
  unknown,
  RlmEvent,
  undefined
>;
