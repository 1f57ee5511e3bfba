import type { RunnableConfig } from "@langchain/core/runnables";
import { citedPlaces, type Limits, type RlmResult } from "rlm-core";
import type { Interrupted, Rlm } from "rlm-langgraph";
import { decompose, search } from "rlm-tools";
import { answer, type AnswerOptions } from "../ask/answer.ts";
import type { Asking } from "../ask/asking.ts";
import type { openModels } from "../ask/open-models.ts";
import { profiles } from "../ask/profiles.ts";
import { failureOf } from "../ask/failure.ts";
import { openTrace } from "../ask/trace-file.ts";
import { openReview } from "../review/open-review.ts";
import { WaitingError } from "../review/waiting-error.ts";
import { otherLimits } from "./other-limits.ts";
import { settingsOf } from "./run-settings.ts";
import type { State } from "./state-folder.ts";
import { addToThread, type Ended, type Question, type Thread } from "./thread-log.ts";

export interface RunThreadOptions {
  state: State;
  /** Its last question is what is answered; that is in its log already. */
  thread: Thread;
  models: Awaited<ReturnType<typeof openModels>>;
  /** Whether nobody has worked on that question. */
  isNew: boolean;
}

/** Runs the last question of a thread, or goes on with its run; gives the exit code. */
export async function runThread(asking: Asking, { state, thread, models, isNew }: RunThreadOptions): Promise<number> {
  const { request, io, signal, say, progress } = asking;
  const { store, checkpointer } = state;
  const { id } = thread;
  const question = thread.questions.at(-1);
  const earlier = new Set(thread.questions.slice(0, -1).flatMap(({ runIds }) => runIds));
  if (question === undefined) throw new TypeError(`Cannot run thread ${id}: it has no question`);
  // Loaded here, for the other commands need none of it.
  const [{ createRlm }, { INTERRUPT }] = await progress.during(
    () => "Loading LangGraph",
    async () => await Promise.all([import("rlm-langgraph"), import("@langchain/langgraph")]),
  );
  // The store has the trajectory.
  const trace = typeof request.trace === "string" ? openTrace(request.trace, io.cwd) : undefined;
  const { close, tools, ...review } = openReview(asking, { canWait: true });
  return await answer(asking, { trace, goOn: `rlm resume ${id}`, places: placesIn(thread, state) }, async (onEvent) => {
    let written = Promise.resolve();
    const add = (entry: Parameters<typeof addToThread>[2]): void => {
      written = written.then(async () => await addToThread(store, id, entry));
      // Told where it is awaited.
      written.catch(() => {});
    };
    const { givenLimits, prices, profile, responseFormat, cite } = request;
    const settings = settingsOf(request);
    // Without anybody to ask, its runs may wait.
    const rlm: Rlm<unknown, Interrupted> = createRlm<unknown>({
      ...models,
      ...review,
      limits: givenLimits,
      prices,
      profile: profiles[profile],
      tools: [decompose, search, ...tools],
      ...(responseFormat && { responseFormat }),
      cite,
      store,
      checkpointer,
      onEvent(event) {
        if (event.type === "run-start" && event.depth === 0 && !question.runIds.includes(event.runId)) {
          question.runIds.push(event.runId);
          question.ranUnder.set(event.runId, settings.limits);
          add({ type: "begun", at: Date.now(), runId: event.runId, limits: settings.limits });
        }
        onEvent(event);
      },
    });
    const config = { configurable: { thread_id: id }, signal };
    const begin = async (): Promise<RlmResult<unknown> | Interrupted> =>
      await rlm.invoke({ query: question.question, ...(question.contexts && { context: question.contexts }) }, config);
    const from = isNew ? config : await placeToGoOn(question);
    // Not before: a limit that is refused there, or that nobody lived to see take effect, is none of the run's.
    if (!isNew) await addToThread(store, id, { type: "resumed", at: Date.now(), settings });
    try {
      const result = await goOn();
      if (result.status === "interrupted") throw waitsFor(result);
      const { answer: given, status, limit, usage, runId, toolCalls: _, ...evidence } = result;
      const answerRef = await store.put(JSON.stringify({ answer: given, status, ...evidence }));
      add({ ...ended("answered"), runId, usage, answerRef, ...(limit && { limit }) });
      // The checkpoint has the answer too: it is not lost where this cannot be written.
      await written.catch((error: unknown) => say(`warning: ${String(error)}`));
      return result;
    } catch (error) {
      const { status, limit, words } = failureOf(error, signal);
      const { usage, runId } = asking.run;
      add({
        ...ended(status === "aborted" ? "stopped" : status),
        ...(limit && { limit }),
        ...(usage && { usage }),
        ...(runId !== undefined && { runId }),
        ...(status !== "waiting" && { error: words }),
      });
      await written.catch(() => {});
      throw error;
    }

    function waitsFor({ usage, runId, [INTERRUPT]: waiting }: Interrupted): WaitingError {
      asking.run.usage = usage;
      asking.run.runId = runId;
      return new WaitingError(waiting.flatMap(({ value }) => value?.requests ?? []));
    }

    /** Under other limits that is another branch: a limit that was reached is in the checkpoint. */
    async function placeToGoOn(last: Question): Promise<RunnableConfig> {
      const others = (runId: string): Partial<Limits> | undefined => otherLimits(last, runId, givenLimits);
      if (!last.runIds.some(others) || (await checkpointer.getTuple(config)) === undefined) return config;
      const [newest] = await rlm.checkpoints(id);
      const raised = newest && last.runIds.includes(newest.runId) ? others(newest.runId) : undefined;
      if (newest === undefined || raised === undefined) return config;
      // Not at the thread's newest of all: that may be of a branch whose process was killed before it began.
      return await rlm.fork(newest.config, { limits: raised });
    }

    async function goOn(): Promise<RlmResult<unknown> | Interrupted> {
      if (isNew || (await checkpointer.getTuple(config)) === undefined) return await begin();
      const result = await rlm.invoke(null, { ...from, signal });
      // Nothing of the last question was kept: what is there is the answer to one before.
      return earlier.has(result.runId) ? await begin() : result;
    }
  }).finally(close);
}

/** Where citations of its newest question are; of contexts of earlier ones there is no more than offsets. */
export function placesIn({ questions }: Thread, { store }: Pick<State, "store">): AnswerOptions["places"] {
  const contexts = questions.findLast((question) => question.contexts !== undefined)?.contexts ?? [];
  return async (citations) => await citedPlaces(citations, contexts, store);
}

function ended(status: Ended["status"]): Ended {
  return { type: "ended", at: Date.now(), status };
}
