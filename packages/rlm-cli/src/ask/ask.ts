import { citedPlaces, memoryStore, runRlm, storeContexts } from "rlm-core";
import { decompose, search } from "rlm-tools";
import type { Io } from "../io.ts";
import { openReview, type Review } from "../review/open-review.ts";
import { answer, type AnswerOptions } from "./answer.ts";
import type { AskRequest } from "./ask-request.ts";
import { withAsking, type Asking } from "./asking.ts";
import { dryRun } from "./dry-run.ts";
import { openModels } from "./open-models.ts";
import { profiles } from "./profiles.ts";
import { openTrace } from "./trace-file.ts";

/** Asks one question, from reading the context to writing the answer; gives the exit code. */
export async function ask(request: AskRequest, io: Io): Promise<number> {
  return await withAsking(request, io, async (asking) => {
    if (request.dryRun) return await dryRun(request, asking.loading);
    // Before anything is read or paid: there may be nobody to ask.
    const { close, ...review } = openReview(asking);
    try {
      return await run(asking, review);
    } finally {
      close();
    }
  });
}

async function run(asking: Asking, { tools, ...review }: Omit<Review, "close">): Promise<number> {
  const { request, io, loading, say, signal } = asking;
  const models = await openModels(asking);
  const context = await request.load(loading);
  say(`Context: ${context.words}`);
  // Nobody is told where a trace is that nobody asked for.
  const noTrace = request.trace === false || (request.quiet && request.trace === undefined);
  const trace = noTrace ? undefined : openTrace(request.trace || undefined, io.cwd);
  const goOn = trace && request.goOn?.(trace.path);
  const store = memoryStore();
  const places: AnswerOptions["places"] = async (citations) =>
    await citedPlaces(citations, await storeContexts(context.context, store, signal), store);
  return await answer(asking, { context, trace, goOn, places }, async (onEvent) => {
    const { question, givenLimits, prices, profile, responseFormat, cite } = request;
    return await runRlm<unknown>(
      { query: question, context: context.context },
      {
        ...models,
        ...review,
        limits: givenLimits,
        prices,
        profile: profiles[profile],
        tools: [decompose, search, ...tools],
        ...(responseFormat && { responseFormat }),
        cite,
        store,
        onEvent,
        signal,
      },
    );
  });
}
