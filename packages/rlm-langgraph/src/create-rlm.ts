import { randomInt, randomUUID } from "node:crypto";
import { ensureConfig, mergeConfigs, Runnable, type RunnableConfig } from "@langchain/core/runnables";
import type { StreamEvent } from "@langchain/core/tracers/log_stream";
import { IterableReadableStream } from "@langchain/core/utils/stream";
import {
  Command,
  createGraphRunStream,
  isCommand,
  isInterrupted,
  STREAM_EVENTS_V3_MODES,
  type GraphRunStream,
  type StreamMode,
} from "@langchain/langgraph";
import { InputError, memoryStore, type Cited, type RlmResult, type RunStore, type Usage } from "rlm-core";
import { checkInput } from "rlm-core/driver";
import { readTrajectoryLog, type Trajectory } from "rlm-core/trajectory";
import { AnswerAlone } from "./answer-alone.ts";
import { shownQuery } from "./begin.ts";
import { checkOptions } from "./check-options.ts";
import { checkpointsOf, type RunCheckpoint } from "./checkpoints.ts";
import type { buildGraph } from "./create-rlm-graph.ts";
import { configuredBy } from "./configured.ts";
import { answersOf, type Interrupted, type ReviewInterrupt } from "./decisions.ts";
import { checkChange, forkThread, type RunChange } from "./fork.ts";
import type { Beginning, GraphInput, GraphSession, GraphValues } from "./graph-state.ts";
import { checkLasting, lastingLimits } from "./lasting-limits.ts";
import type { RunParts } from "./live-trees.ts";
import { isInGraph, nothingThere, placeOfThread, type ThreadPlace } from "./resume.ts";
import type {
  ReviewedOptions,
  RlmCallOptions,
  RlmInvocation,
  RlmRunnableInput,
  RlmRunnableOptions,
  StreamChunk,
  StreamOptions,
} from "./rlm-input.ts";
import { partsOf, type Parts } from "./rlm-parts.ts";
import { causeOf, interruptedResult, resultOf } from "./run-result.ts";
import { stoppedBy } from "./stopped-by.ts";
import { checkStreamMode } from "./stream-modes.ts";
import { tidy } from "./tidy.ts";
import { toContextRefs } from "./to-context.ts";

/**
 * A Recursive Language Model as a LangChain Runnable over {@link createRlmGraph}'s graph. Texts are stored before the
 * graph runs, so that neither its state nor a trace holds them. Throws as `runRlm` of rlm-core does.
 */
export class Rlm<T = string, Waits = never, Evidence = unknown> extends Runnable<
  RlmInvocation,
  (RlmResult<T> & Evidence) | Waits,
  RlmCallOptions
> {
  static override lc_name(): string {
    return "Rlm";
  }
  lc_namespace = ["rlm-langgraph"];
  /** The answer alone, for a chain: `chain.pipe(rlm.answer)`. Throws InputError for a run that waits for a person. */
  readonly answer: Runnable<RlmInvocation, T, RlmCallOptions>;
  readonly #parts: Parts<T>;
  readonly #config: Partial<RlmCallOptions>;

  /** `bound`: the parts of another one, and a config for all invocations. */
  constructor(options: RlmRunnableOptions<T>, bound?: { parts: Parts<T>; config: Partial<RlmCallOptions> }) {
    super();
    this.#parts = bound?.parts ?? partsOf(options);
    this.#config = bound?.config ?? {};
    this.answer = new AnswerAlone(this);
  }

  get #options(): RlmRunnableOptions<T> {
    return this.#parts.options;
  }
  get #built(): Parts<T>["built"] {
    return this.#parts.built;
  }

  /** Where texts and logs are kept; undefined where each run has a store of its own. */
  get store(): RunStore | undefined {
    return this.#parts.store;
  }

  /** Whether its runs are saved. */
  get checkpointed(): boolean {
    return this.#options.checkpointer !== undefined;
  }

  /** The same Runnable, each of whose invocations has this config, unless it is given another one. */
  override withConfig(config: Partial<RlmCallOptions>): Rlm<T, Waits, Evidence> {
    return new Rlm(this.#options, { parts: this.#parts, config: mergeConfigs(this.#config, config) });
  }

  /** The compiled graph below: for drawing it, and for its threads. */
  get graph(): ReturnType<typeof buildGraph<T>>["graph"] {
    return this.#built.graph;
  }

  /**
   * Answers; null goes on with the run of the thread that `options.configurable` names, which was cut off, and gives the
   * recorded answer of one that has ended; `new Command({ resume })` answers the questions for which one waits.
   */
  override async invoke(
    input: RlmInvocation,
    options?: Partial<RlmCallOptions>,
  ): Promise<(RlmResult<T> & Evidence) | Waits> {
    return await this.#invoke(input, options);
  }

  /** What it was made with: for the other forms of it in this package. */
  static optionsOf<T>(rlm: Rlm<T, unknown>): RlmRunnableOptions<T> {
    return rlm.#options;
  }

  /** A run with parts of its own, whose answer is of the form that they say. */
  static async invokeWith(
    rlm: Rlm<unknown>,
    parts: RunParts,
    input: RlmRunnableInput,
    options: Partial<RlmCallOptions>,
  ): Promise<RlmResult<unknown>> {
    return await rlm.#invoke(input, options, parts);
  }

  async #invoke(
    input: RlmInvocation,
    options?: Partial<RlmCallOptions>,
    parts?: RunParts,
  ): Promise<(RlmResult<T> & Evidence) | Waits> {
    const started = await this.#start(input, options, parts);
    try {
      // Nothing is run, and nothing written, to give what is recorded.
      const output = started.recorded ?? (await this.graph.invoke(started.input, started.config));
      if (isInterrupted<ReviewInterrupt>(output)) return interruptedResult(output, started) as Waits;
      await this.#finish(started, output.session.rootId);
      return resultOf<T>(output) as RlmResult<T> & Evidence;
    } catch (error) {
      throw causeOf(error, started);
    } finally {
      await this.#end(started);
    }
  }

  /** With `streamMode` the chunks of the graph, as LangGraph gives them; without it the result, once. */
  override async stream(
    input: RlmInvocation,
    options?: Partial<RlmCallOptions>,
  ): Promise<IterableReadableStream<(RlmResult<T> & Evidence) | Waits>>;
  override async stream<Mode extends StreamMode | StreamMode[], Subgraphs extends boolean = false>(
    input: RlmInvocation,
    options: StreamOptions<Mode, Subgraphs>,
  ): Promise<IterableReadableStream<StreamChunk<Mode, Subgraphs>>>;
  override async stream(
    input: RlmInvocation,
    options: Partial<RlmCallOptions> & { streamMode?: StreamMode | StreamMode[] } = {},
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

  /**
   * v2: LangChain's events, of all levels; `metadata.rlm_depth` says of which. v3: LangGraph's run, with `values`, `messages`,
   * `subgraphs` and `output`, whose `abort()` stops all that is below it.
   */
  override streamEvents(
    input: RlmInvocation,
    options: Partial<RlmCallOptions> & { version: "v1" | "v2" },
    streamOptions?: EventFilter,
  ): IterableReadableStream<StreamEvent>;
  override streamEvents(
    input: RlmInvocation,
    options: Partial<RlmCallOptions> & { version: "v1" | "v2"; encoding: "text/event-stream" },
    streamOptions?: EventFilter,
  ): IterableReadableStream<Uint8Array>;
  override streamEvents(
    input: RlmInvocation,
    options: Partial<RlmCallOptions> & { version: "v3" },
  ): Promise<GraphRunStream<GraphOutput>>;
  override streamEvents(
    input: RlmInvocation,
    options: Partial<RlmCallOptions> & { version: "v1" | "v2" | "v3" },
    streamOptions?: EventFilter,
  ): IterableReadableStream<StreamEvent> | IterableReadableStream<Uint8Array> | Promise<GraphRunStream<GraphOutput>> {
    const { version, ...config } = options;
    if (version !== "v3") return super.streamEvents(input, { ...config, version }, streamOptions);
    const abortController = new AbortController();
    const modes = { version, streamMode: STREAM_EVENTS_V3_MODES, subgraphs: true };
    const chunks = this.#chunks(input, { ...config, ...modes }, abortController);
    return Promise.resolve(createGraphRunStream<GraphOutput>(chunks as GraphChunks, [], { abortController }));
  }

  /** What happened in a run, session by session; without a store of your own, of this object's last 10 runs. Throws RlmError "store" where it is not known. */
  async trajectory(runId: string): Promise<Trajectory> {
    return this.#parts.recent.get(runId) ?? (await readTrajectoryLog(this.store ?? memoryStore(), runId));
  }

  /** The checkpoints of a thread, the newest first: where one may go on or fork. */
  async checkpoints(threadId: string): Promise<RunCheckpoint[]> {
    const { checkpointer } = this.#options;
    const config = { configurable: { thread_id: threadId } };
    await placeOfThread(this.graph, checkpointer, config, "list checkpoints");
    return await checkpointsOf(this.graph, this.store ?? memoryStore(), threadId);
  }

  /**
   * Begins another branch of a thread, at the checkpoint that `config` names or at its newest, and returns the config
   * with which `invoke(null, …)` goes on: a run of its own, whose past, variables and spending are the checkpoint's.
   * The run that it comes from is not touched. Throws InputError for a change that cannot be made there.
   */
  async fork(config: RunnableConfig, change: RunChange = {}): Promise<RunnableConfig> {
    checkChange(change);
    const { limits, checkpointer } = this.#options;
    const store = this.store ?? memoryStore();
    checkOptions({ ...this.#options, store, limits: { ...limits, ...change.limits } });
    const place = await placeOfThread(this.graph, checkpointer, config, "fork");
    if (place === undefined) throw nothingThere("fork", config);
    return await forkThread(place, change, { graph: this.graph, store });
  }

  /** Closes the sandboxes that threads keep between two runs; a later run of theirs replays. */
  async close(): Promise<void> {
    await this.#built.trees.parked?.close();
  }

  async *#chunks(input: RlmInvocation, options: Partial<RlmCallOptions>, stop: AbortController): AsyncGenerator {
    const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    const started = await this.#start(input, { ...options, signal });
    try {
      yield* await this.graph.stream(started.input, started.config);
      if (started.id !== undefined && (await this.#hasEnded(options))) await this.#finish(started, started.id);
    } catch (error) {
      throw causeOf(error, started);
    } finally {
      await this.#end(started);
    }
  }

  async #start(input: RlmInvocation, given: Partial<RlmCallOptions> = {}, parts?: RunParts): Promise<Started> {
    const goesOn = input === null || isCommand(input);
    if (!goesOn) checkInput(input);
    const { timeout, ...options } = mergeConfigs(this.#config, given) as Partial<RlmCallOptions>;
    const signal = stoppedBy({ ...options, ...(timeout !== undefined && { timeout }) });
    signal?.throwIfAborted();
    const store = this.store ?? memoryStore();
    const durability = this.#options.checkpointer === undefined ? {} : { durability: "sync" as const };
    const config = {
      ...options,
      ...durability,
      ...(signal && { signal }),
      // A run inside of another one begins at depth 0 as well.
      metadata: { ...options.metadata, rlm_depth: 0 },
    };
    const going = goesOn ? await this.#goOn(input, config) : await this.#begin(input, store, config);
    const { id, overrides, ...rest } = going;
    if (id === undefined || rest.recorded !== undefined) return { ...rest, id, store, config };
    const { running } = this.#parts;
    if (running.has(id)) throw new InputError(`Cannot resume run ${id}: it is running in this process already`);
    running.add(id);
    try {
      const { limits: _, ...models } = configuredBy(config);
      const more = { ...(parts && { parts }), ...(signal && { signal }) };
      const { tree } = await this.#built.trees.open(id, { store, ...models, ...overrides, ...more });
      const spent = (): Usage => tree.budget.usage();
      return { ...rest, id, store, config, signal: tree.signal, spent };
    } catch (error) {
      running.delete(id);
      throw error;
    }
  }

  /** Stores the texts of a run, under an id that is known beforehand. */
  async #begin(
    input: RlmRunnableInput,
    store: RunStore,
    { signal, configurable }: Partial<RlmCallOptions>,
  ): Promise<Going> {
    const configured = configuredBy({ ...(configurable && { configurable }) });
    if (input.context === undefined && this.#options.checkpointer === undefined)
      throw new InputError(
        "Cannot ask without a context: there is no checkpointer, so no run before this one is known",
      );
    const before = await this.#tidyThread({ ...(configurable && { configurable }) });
    checkLasting(configured.limits, before);
    const kept = lastingLimits(before?.limits);
    const limits = (kept ?? configured.limits) && { ...kept, ...configured.limits };
    const context = input.context === undefined ? {} : { context: await toContextRefs(input.context, store, signal) };
    const { query, queryRef } = await shownQuery(input.query.trim(), store);
    const id = randomUUID();
    const more = { ...(queryRef && { queryRef }), ...(limits && { limits }) };
    const beginning: Beginning = { id, rootId: id, depth: 0, seed: randomInt(2 ** 32), ...more };
    return { id, input: { query, ...context, beginning }, overrides: { ...(limits && { limits }) } };
  }

  async #goOn(input: Command | null, config: Partial<RunnableConfig>): Promise<Going> {
    const place = await placeOfThread(this.graph, this.#options.checkpointer, config, "resume");
    if (place === undefined) throw nothingThere("resume", config);
    const { runId, ended, stuck, values, overrides, waiting } = place;
    if (stuck)
      throw new InputError(
        "Cannot resume: the run has neither an answer nor a next step there, as after updateState() of LangGraph; go on with what rlm.fork(config, change) returns",
      );
    if (input !== null) {
      return { id: runId, input: new Command({ resume: answersOf(input, waiting) }), overrides };
    }
    return { id: runId, input, overrides, ...(ended && values && { recorded: values }) };
  }

  /** Deletes what a run of the thread left that had its answer, and whose process died before it was tidied up. Returns its session. */
  async #tidyThread(config: Partial<RunnableConfig>): Promise<GraphSession | undefined> {
    const { checkpointer } = this.#options;
    const { configurable = {} } = ensureConfig(config);
    // In a node of another graph: the thread's own place is that graph's.
    if (checkpointer === undefined || isInGraph(configurable)) return undefined;
    const place = await placeOfThread(this.graph, checkpointer, { configurable }, "begin");
    // LangGraph would begin anew there, and hide the thread's runs by it.
    if (place === undefined && configurable["checkpoint_id"] !== undefined)
      throw nothingThere("begin", { configurable });
    if (place?.ended === true && place.runId !== undefined) await tidy(place.runId, this.store ?? memoryStore());
    return place?.values?.session;
  }

  /** Whether a run that is streamed has its answer, and does not wait for a person. */
  async #hasEnded(config: Partial<RunnableConfig>): Promise<boolean> {
    const { checkpointer } = this.#options;
    if (checkpointer === undefined) return true;
    return (await placeOfThread(this.graph, checkpointer, config, "stream"))?.ended === true;
  }

  /** The run has its answer, and the checkpoint that says so is saved: its logs are not needed any more. */
  async #finish({ store }: Started, id: string): Promise<void> {
    await this.#built.trees.close(id);
    await tidy(id, store);
  }

  async #end({ id, store, recorded }: Started): Promise<void> {
    if (id === undefined || recorded !== undefined) return;
    await this.#built.trees.close(id);
    this.#parts.running.delete(id);
    if (this.store !== undefined) return;
    // The run's own store goes, with the context in it. A run that ended before it began has no trajectory.
    const trajectory = await readTrajectoryLog(store, id).catch(() => undefined);
    if (trajectory !== undefined) this.#parts.recent.set(id, trajectory);
  }
}

/** What the graph gives in the end. */
type GraphOutput = Pick<GraphValues, "answer" | "cited" | "outcome" | "usage" | "session">;

/** With namespace and mode. */
type GraphChunks = Parameters<typeof createGraphRunStream>[0];

type EventFilter = Parameters<Runnable["streamEvents"]>[2];

/** Makes a Recursive Language Model: `await createRlm({ model: "openai:gpt-5" }).invoke({ query, context })`. */
export function createRlm<T = string>(options: ReviewedOptions<T> & { cite: true }): Rlm<T, Interrupted, Cited>;
export function createRlm<T = string>(options: RlmRunnableOptions<T> & { cite: true }): Rlm<T, never, Cited>;
export function createRlm<T = string>(options: ReviewedOptions<T>): Rlm<T, Interrupted>;
export function createRlm<T = string>(options: RlmRunnableOptions<T>): Rlm<T>;
export function createRlm<T = string>(options: RlmRunnableOptions<T>): Rlm<T, never, Cited> {
  return new Rlm(options);
}

/** A command that says nothing but what persons said. */
type Resume = Command<unknown, Record<string, never>, never>;

/** What an invocation has to do: `id` is that of its run, unless only the graph will tell. */
interface Going {
  id: string | undefined;
  input: (GraphInput & { beginning: Beginning }) | Resume | null;
  overrides: ThreadPlace["overrides"];
  /** The run has ended already: with this. */
  recorded?: GraphValues;
}

interface Started extends Omit<Going, "overrides"> {
  store: RunStore;
  config: Partial<RunnableConfig>;
  /** Aborted with the caller's reason, or with what a listener threw. */
  signal?: AbortSignal;
  /** What the whole tree has spent. */
  spent?: () => Usage;
}
