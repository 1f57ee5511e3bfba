import { randomInt, randomUUID } from "node:crypto";
import { Runnable, type RunnableConfig } from "@langchain/core/runnables";
import { IterableReadableStream } from "@langchain/core/utils/stream";
import {
  Command,
  INTERRUPT,
  isCommand,
  isInterrupted,
  type StreamMode,
  type StreamOutputMap,
} from "@langchain/langgraph";
import {
  InputError,
  memoryStore,
  type ReviewPoint,
  type RlmEvent,
  type RlmResult,
  type RunStore,
  type Usage,
} from "rlm-core";
import { budgetKey, checkInput, outcomeOf } from "rlm-core/driver";
import { readTrajectoryLog, trajectoryLog, type Trajectory } from "rlm-core/trajectory";
import { shownQuery } from "./begin.ts";
import { checkNames, checkOptions } from "./check-options.ts";
import { checkpointsOf, type RunCheckpoint } from "./checkpoints.ts";
import { buildGraph } from "./create-rlm-graph.ts";
import { answersOf, type Interrupted, type ReviewInterrupt } from "./decisions.ts";
import { checkChange, forkThread, type RunChange } from "./fork.ts";
import type { RlmGraphOptions } from "./graph-options.ts";
import type { Beginning, GraphInput, GraphSession, GraphState, GraphValues } from "./graph-state.ts";
import { lastingLimits } from "./lasting-limits.ts";
import { createRecent } from "./recent.ts";
import { placeOfThread, type ThreadPlace } from "./resume.ts";
import { checkStreamMode } from "./stream-modes.ts";
import { toContextRefs, type RlmContext } from "./to-context.ts";

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
export class Rlm<T = string, Waits = never> extends Runnable<RlmInvocation, RlmResult<T> | Waits> {
  static override lc_name(): string {
    return "Rlm";
  }
  lc_namespace = ["rlm-langgraph"];
  /** The answer alone, for a chain: `chain.pipe(rlm.answer)`. Throws InputError for a run that waits for a person. */
  readonly answer: Runnable<RlmInvocation, T>;
  readonly #options: RlmRunnableOptions<T>;
  readonly #built: ReturnType<typeof buildGraph<T>>;
  readonly #store: RunStore | undefined;
  readonly #recent = createRecent<Trajectory>(10);
  readonly #running = new Set<string>();

  constructor(options: RlmRunnableOptions<T>) {
    super();
    checkNames(options);
    this.#options = options;
    const { store, checkpointer } = options;
    // A checkpoint outlives its invocation, so what it refers to has to.
    this.#store = store ?? (checkpointer && memoryStore());
    // In a graph around it a node that runs again asks again, where what its run had is not kept.
    const alone = checkpointer === undefined && store?.durable !== true;
    const record = (id: string, kept: RunStore) => trajectoryLog(kept, id);
    this.#built = buildGraph({ ...options, store: this.#store ?? memoryStore() }, record, { alone });
    this.answer = new Answer(this);
  }

  /** The compiled graph below: for drawing it, and for its threads. */
  get graph(): ReturnType<typeof buildGraph<T>>["graph"] {
    return this.#built.graph;
  }

  /**
   * Answers; null goes on with the run of the thread that `options.configurable` names, which was cut off, and gives the
   * recorded answer of one that has ended; `new Command({ resume })` answers the questions for which one waits.
   */
  override async invoke(input: RlmInvocation, options: Partial<RunnableConfig> = {}): Promise<RlmResult<T> | Waits> {
    const started = await this.#start(input, options);
    try {
      // Nothing is run, and nothing written, to give what is recorded.
      const output = started.recorded ?? (await this.graph.invoke(started.input, started.config));
      if (isInterrupted<ReviewInterrupt>(output)) return interruptedResult(output, started) as Waits;
      await this.#finish(started, output.session.rootId);
      return resultOf<T>(output);
    } catch (error) {
      throw causeOf(error, started);
    } finally {
      await this.#end(started);
    }
  }

  /** With `streamMode` the chunks of the graph, as LangGraph gives them; without it the result, once. */
  override async stream(
    input: RlmInvocation,
    options?: Partial<RunnableConfig>,
  ): Promise<IterableReadableStream<RlmResult<T> | Waits>>;
  override async stream<Mode extends StreamMode | StreamMode[], Subgraphs extends boolean = false>(
    input: RlmInvocation,
    options: StreamOptions<Mode, Subgraphs>,
  ): Promise<IterableReadableStream<Chunk<Mode, Subgraphs>>>;
  override async stream(
    input: RlmInvocation,
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

  /** The checkpoints of a thread, the newest first: where one may go on or fork. */
  async checkpoints(threadId: string): Promise<RunCheckpoint[]> {
    const { checkpointer } = this.#options;
    const config = { configurable: { thread_id: threadId } };
    await placeOfThread(this.graph, checkpointer, config, "list checkpoints");
    return await checkpointsOf(this.graph, this.#store ?? memoryStore(), threadId);
  }

  /**
   * Begins another branch of a thread, at the checkpoint that `config` names or at its newest, and returns the config
   * with which `invoke(null, …)` goes on: a run of its own, whose past, variables and spending are the checkpoint's.
   * The run that it comes from is not touched. Throws InputError for a change that cannot be made there.
   */
  async fork(config: RunnableConfig, change: RunChange = {}): Promise<RunnableConfig> {
    checkChange(change);
    const { limits, checkpointer } = this.#options;
    const store = this.#store ?? memoryStore();
    checkOptions({ ...this.#options, store, limits: { ...limits, ...change.limits } });
    const place = await placeOfThread(this.graph, checkpointer, config, "fork");
    if (place === undefined) throw nothingThere("fork", config);
    return await forkThread(place, change, { graph: this.graph, store });
  }

  /** Closes the sandboxes that threads keep between two runs; a later run of theirs replays. */
  async close(): Promise<void> {
    await this.#built.trees.parked?.close();
  }

  async *#chunks(input: RlmInvocation, options: Partial<RunnableConfig>, stop: AbortController): AsyncGenerator {
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

  async #start(input: RlmInvocation, options: Partial<RunnableConfig>): Promise<Started> {
    const goesOn = input === null || isCommand(input);
    if (!goesOn) checkInput(input);
    options.signal?.throwIfAborted();
    const store = this.#store ?? memoryStore();
    const durability = this.#options.checkpointer === undefined ? {} : { durability: "sync" as const };
    const config = { ...options, ...durability };
    const going = goesOn ? await this.#goOn(input, options) : await this.#begin(input, store, options);
    const { id, overrides, ...rest } = going;
    if (id === undefined || rest.recorded !== undefined) return { ...rest, id, store, config };
    if (this.#running.has(id)) throw new InputError(`Cannot resume run ${id}: it is running in this process already`);
    this.#running.add(id);
    try {
      const { signal } = options;
      const { tree } = await this.#built.trees.open(id, { store, ...overrides, ...(signal && { signal }) });
      const spent = (): Usage => tree.budget.usage();
      return { ...rest, id, store, config, signal: tree.signal, spent };
    } catch (error) {
      this.#running.delete(id);
      throw error;
    }
  }

  /** Stores the texts of a run, under an id that is known beforehand. */
  async #begin(
    input: RlmRunnableInput,
    store: RunStore,
    { signal, configurable }: Partial<RunnableConfig>,
  ): Promise<Going> {
    if (input.context === undefined && this.#options.checkpointer === undefined)
      throw new InputError(
        "Cannot ask without a context: there is no checkpointer, so no run before this one is known",
      );
    const limits = lastingLimits((await this.#tidyThread(configurable))?.limits);
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
  async #tidyThread(configurable: RunnableConfig["configurable"] = {}): Promise<GraphSession | undefined> {
    const { checkpointer } = this.#options;
    if (checkpointer === undefined || typeof configurable["thread_id"] !== "string") return undefined;
    const { thread_id, checkpoint_id } = configurable;
    const named = { thread_id, ...(checkpoint_id !== undefined && { checkpoint_id }) };
    const place = await placeOfThread(this.graph, checkpointer, { configurable: named }, "begin");
    if (place?.ended === true && place.runId !== undefined) await tidy(place.runId, this.#store ?? memoryStore());
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
    this.#running.delete(id);
    if (this.#store !== undefined) return;
    // The run's own store goes, with the context in it. A run that ended before it began has no trajectory.
    const trajectory = await readTrajectoryLog(store, id).catch(() => undefined);
    if (trajectory !== undefined) this.#recent.set(id, trajectory);
  }
}

/** Deletes what only a run that goes on needs: its write-ahead logs, its budget's last, so that its absence says that all are gone. */
async function tidy(id: string, store: RunStore): Promise<void> {
  if ((await store.read(budgetKey(id))).length === 0) return;
  const logs = await store.list(`${id}/log/`);
  await Promise.all(logs.map((key) => store.delete(key)));
  await store.delete(budgetKey(id));
}

function nothingThere(action: string, { configurable = {} }: RunnableConfig): InputError {
  const { thread_id, checkpoint_id } = configurable;
  const what = checkpoint_id === undefined ? "holds no run" : `has no checkpoint ${JSON.stringify(checkpoint_id)}`;
  return new InputError(
    `Cannot ${action}: thread ${JSON.stringify(thread_id)} ${what}; a run is there once its first checkpoint is saved`,
  );
}

/** Makes a Recursive Language Model: `await createRlm({ model: "openai:gpt-5" }).invoke({ query, context })`. */
export function createRlm<T = string>(options: ReviewedOptions<T>): Rlm<T, Interrupted>;
export function createRlm<T = string>(options: RlmRunnableOptions<T>): Rlm<T>;
export function createRlm<T = string>(options: RlmRunnableOptions<T>): Rlm<T> {
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

class Answer<T> extends Runnable<RlmInvocation, T> {
  static override lc_name(): string {
    return "RlmAnswer";
  }
  lc_namespace = ["rlm-langgraph"];
  readonly #rlm: Rlm<T, unknown>;
  constructor(rlm: Rlm<T, unknown>) {
    super();
    this.#rlm = rlm;
  }
  override async invoke(input: RlmInvocation, options?: Partial<RunnableConfig>): Promise<T> {
    const result = await this.#rlm.invoke(input, options);
    if (!isInterrupted(result)) return (result as RlmResult<T>).answer;
    throw new InputError(
      "Cannot give the answer alone: the run waits for a person; go on with rlm.invoke(new Command({ resume }), config)",
    );
  }
}

function interruptedResult(
  output: Pick<GraphValues, "session" | "usage"> & { [INTERRUPT]: Interrupted["__interrupt__"] },
  { spent }: Started,
): Interrupted {
  const { session, usage, [INTERRUPT]: waiting } = output;
  return { status: "interrupted", usage: spent?.() ?? usage, runId: session.id, [INTERRUPT]: waiting };
}

/** What ended the run, where LangGraph says only that it was ended, or puts the errors of several children together. */
function causeOf(error: unknown, { signal }: Pick<Started, "signal">): unknown {
  if (signal?.aborted === true) return signal.reason;
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
