import { randomInt, randomUUID } from "node:crypto";
import { Runnable, type RunnableConfig } from "@langchain/core/runnables";
import { IterableReadableStream } from "@langchain/core/utils/stream";
import type { StreamMode, StreamOutputMap } from "@langchain/langgraph";
import { memoryStore, type RlmEvent, type RlmResult, type RunStore } from "rlm-core";
import { budgetKey, checkInput, outcomeOf } from "rlm-core/driver";
import { readTrajectoryLog, trajectoryLog, type Trajectory } from "rlm-core/trajectory";
import { shownQuery } from "./begin.ts";
import { checkNames } from "./check-options.ts";
import { buildGraph } from "./create-rlm-graph.ts";
import type { RlmGraphOptions } from "./graph-options.ts";
import type { Beginning, GraphInput, GraphState, GraphValues } from "./graph-state.ts";
import type { Overrides } from "./live-trees.ts";
import { createRecent } from "./recent.ts";
import { checkStreamMode } from "./stream-modes.ts";
import { toContextRefs, type RlmContext } from "./to-context.ts";

export interface RlmRunnableInput {
  query: string;
  context: RlmContext;
}

export interface RlmRunnableOptions<T = string> extends Omit<RlmGraphOptions<T>, "store"> {
  /** Where texts and logs are kept. @default a memoryStore() for each run; with a checkpointer one for all of them */
  store?: RunStore;
}

/** How the graph's stream is asked for: LangGraph's modes. */
export interface StreamOptions<
  Mode extends StreamMode | StreamMode[],
  Subgraphs extends boolean,
> extends Partial<RunnableConfig> {
  streamMode: Mode;
  /** Whether children's chunks come too, each with its namespace. @default false */
  subgraphs?: Subgraphs;
}

type Chunk<Mode extends StreamMode | StreamMode[], Subgraphs extends boolean> = StreamOutputMap<
  Mode,
  Subgraphs,
  typeof GraphState.Update,
  GraphValues,
  string,
  unknown,
  RlmEvent,
  undefined
>;

/**
 * A Recursive Language Model as a LangChain Runnable over {@link createRlmGraph}'s graph. Texts are stored before the
 * graph runs, so that neither its state nor a trace holds them. Throws as `runRlm` of rlm-core does.
 */
export class Rlm<T = string> extends Runnable<RlmRunnableInput, RlmResult<T>> {
  static override lc_name(): string {
    return "Rlm";
  }
  lc_namespace = ["rlm-langgraph"];
  /** The answer alone, for a chain: `chain.pipe(rlm.answer)`. */
  readonly answer: Runnable<RlmRunnableInput, T>;
  readonly #options: RlmRunnableOptions<T>;
  readonly #built: ReturnType<typeof buildGraph<T>>;
  readonly #store: RunStore | undefined;
  readonly #recent = createRecent<Trajectory>(10);

  constructor(options: RlmRunnableOptions<T>) {
    super();
    checkNames(options);
    this.#options = options;
    const { store, checkpointer } = options;
    // A checkpoint outlives its invocation, so what it refers to has to.
    this.#store = store ?? (checkpointer && memoryStore());
    this.#built = buildGraph({ ...options, store: this.#store ?? memoryStore() }, (id, store) =>
      trajectoryLog(store, id),
    );
    this.answer = new Answer(this);
  }

  /** The compiled graph below: for drawing it, and for its threads. */
  get graph(): ReturnType<typeof buildGraph<T>>["graph"] {
    return this.#built.graph;
  }

  override async invoke(input: RlmRunnableInput, options: Partial<RunnableConfig> = {}): Promise<RlmResult<T>> {
    const started = await this.#start(input, options);
    try {
      const output = await this.graph.invoke(started.input, started.config);
      await this.#finish(started);
      return resultOf<T>(output);
    } catch (error) {
      throw causeOf(error, started);
    } finally {
      await this.#end(started);
    }
  }

  /** With `streamMode` the chunks of the graph, as LangGraph gives them; without it the result, once. */
  override async stream(
    input: RlmRunnableInput,
    options?: Partial<RunnableConfig>,
  ): Promise<IterableReadableStream<RlmResult<T>>>;
  override async stream<Mode extends StreamMode | StreamMode[], Subgraphs extends boolean = false>(
    input: RlmRunnableInput,
    options: StreamOptions<Mode, Subgraphs>,
  ): Promise<IterableReadableStream<Chunk<Mode, Subgraphs>>>;
  override async stream(
    input: RlmRunnableInput,
    options: Partial<RunnableConfig> & { streamMode?: StreamMode | StreamMode[] } = {},
  ): Promise<IterableReadableStream<unknown>> {
    if (options.streamMode === undefined) return await super.stream(input, options);
    checkStreamMode(options.streamMode);
    // Whoever stops reading stops the run.
    const stop = new AbortController();
    const chunks = this.#chunks(input, options, stop);
    return new IterableReadableStream({
      async pull(controller) {
        const { value, done } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        stop.abort(new DOMException("Nobody reads the stream any more", "AbortError"));
        await chunks.return(undefined);
      },
    });
  }

  /** What happened in a run, session by session; without a store of your own, of this object's last 10 runs. Throws RlmError "store" where it is not known. */
  async trajectory(runId: string): Promise<Trajectory> {
    return this.#recent.get(runId) ?? (await readTrajectoryLog(this.#store ?? memoryStore(), runId));
  }

  async *#chunks(input: RlmRunnableInput, options: Partial<RunnableConfig>, stop: AbortController): AsyncGenerator {
    const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    const started = await this.#start(input, { ...options, signal });
    try {
      yield* await this.graph.stream(started.input, started.config);
      await this.#finish(started);
    } catch (error) {
      throw causeOf(error, started);
    } finally {
      await this.#end(started);
    }
  }

  /** Stores the texts, and opens the run under an id that is known beforehand. */
  async #start(input: RlmRunnableInput, options: Partial<RunnableConfig>): Promise<Started> {
    checkInput(input);
    const { signal } = options;
    signal?.throwIfAborted();
    const store = this.#store ?? memoryStore();
    const context = await toContextRefs(input.context, store, signal);
    const { query, queryRef } = await shownQuery(input.query.trim(), store);
    const id = randomUUID();
    const beginning: Beginning = { id, rootId: id, depth: 0, seed: randomInt(2 ** 32), ...(queryRef && { queryRef }) };
    const overrides: Overrides = { store, ...(signal && { signal }) };
    const { tree } = await this.#built.trees.open(id, overrides);
    const durability = this.#options.checkpointer === undefined ? {} : { durability: "sync" as const };
    const config = { ...options, ...durability };
    return { id, store, signal: tree.signal, input: { query, context, beginning }, config };
  }

  /** The run has its answer, and the checkpoint that says so is saved: its logs are not needed any more. */
  async #finish({ id, store }: Started): Promise<void> {
    await this.#built.trees.close(id);
    const logs = await store.list(`${id}/log/`);
    await Promise.all([budgetKey(id), ...logs].map((key) => store.delete(key)));
  }

  async #end({ id, store }: Started): Promise<void> {
    await this.#built.trees.close(id);
    if (this.#store !== undefined) return;
    // The run's own store goes, with the context in it. A run that ended before it began has no trajectory.
    const trajectory = await readTrajectoryLog(store, id).catch(() => undefined);
    if (trajectory !== undefined) this.#recent.set(id, trajectory);
  }
}

/** Makes a Recursive Language Model: `await createRlm({ model: "openai:gpt-5" }).invoke({ query, context })`. */
export function createRlm<T = string>(options: RlmRunnableOptions<T>): Rlm<T> {
  return new Rlm(options);
}

interface Started {
  id: string;
  store: RunStore;
  /** Aborted with the caller's reason, or with what a listener threw. */
  signal: AbortSignal;
  input: GraphInput & { beginning: Beginning };
  config: Partial<RunnableConfig>;
}

class Answer<T> extends Runnable<RlmRunnableInput, T> {
  static override lc_name(): string {
    return "RlmAnswer";
  }
  lc_namespace = ["rlm-langgraph"];
  readonly #rlm: Rlm<T>;
  constructor(rlm: Rlm<T>) {
    super();
    this.#rlm = rlm;
  }
  override async invoke(input: RlmRunnableInput, options?: Partial<RunnableConfig>): Promise<T> {
    return (await this.#rlm.invoke(input, options)).answer;
  }
}

/** What ended the run, where LangGraph says only that it was ended, or puts the errors of several children together. */
function causeOf(error: unknown, { signal }: Pick<Started, "signal">): unknown {
  if (signal.aborted) return signal.reason;
  return error instanceof AggregateError ? error.errors[0] : error;
}

function resultOf<T>({
  answer,
  outcome,
  usage,
  session,
}: Pick<GraphValues, "answer" | "outcome" | "usage" | "session">): RlmResult<T> {
  const { status, limit } = outcomeOf({ outcome: outcome ?? undefined });
  return { answer: answer as T, status, ...(limit && { limit }), usage, runId: session.id };
}
