import { resolve } from "node:path";
import { InputError, resumeRlm, type RlmResult } from "rlm-core";
import { readAnswer } from "rlm-core/driver";
import type { TrajectoryRun } from "rlm-core/trajectory";
import { decompose, search } from "rlm-tools";
import { answer } from "../ask/answer.ts";
import type { Given } from "../ask/ask-options.ts";
import type { AskRequest } from "../ask/ask-request.ts";
import { withAsking, type Asking } from "../ask/asking.ts";
import { limitsOf } from "../ask/limit-flags.ts";
import { openModels } from "../ask/open-models.ts";
import { profiles } from "../ask/profiles.ts";
import { readRequest } from "../ask/read-request.ts";
import { tellRecorded } from "../ask/tell-recorded.ts";
import { loadContext } from "../context/load-context.ts";
import type { Io } from "../io.ts";
import { plainLine } from "../plain-text.ts";
import { readTrace } from "../replay/read-trace.ts";
import { argumentsFor, contextsInWords, otherContext } from "../replay/run-contexts.ts";
import { openReview, type Review } from "../review/open-review.ts";
import type { RunSettings } from "./run-settings.ts";
import { withTrace } from "./with-trace.ts";

/** Goes on with the run of a trace, in the same file; of one that has its answer it gives that. `goOn`: the command that does it again. */
export async function resumeTrace(target: string, given: Given, goOn: string, io: Io): Promise<number> {
  const path = resolve(io.cwd, target);
  const shown = plainLine(target, 200);
  const { root } = await readTrace(path, shown);
  if (given.trace !== undefined)
    throw new InputError(`Cannot write another trace: the run goes on in ${shown}; leave --trace out`);
  const request = await readRequest(root.start.query, given, io, { earlier: settingsIn(root, io) });
  const recorded = recordedResult(root);
  if (given.context === undefined && recorded !== undefined)
    return await tellRecorded(recorded, request, io, { trace: path });
  if (given.context === undefined)
    throw new InputError(
      `No context: rlm resume ${shown} --context PATH …, as it was given to rlm ask. The run had\n  ${contextsInWords(root)}`,
    );
  const paths = await argumentsFor(root, given.context, io.cwd);
  const load: AskRequest["load"] = async (options) =>
    await loadContext(paths, { ...options, encoding: given.encoding });
  if (recorded !== undefined)
    return await withAsking({ ...request, load }, io, async (asking) => {
      await checkContext(root, asking);
      return await tellRecorded(recorded, request, io, { trace: path });
    });
  const work = async (asking: Asking): Promise<number> => {
    const { close, ...review } = openReview(asking);
    try {
      return await goOnIn(path, asking, { review, goOn, limits: limitsOf(given) });
    } finally {
      close();
    }
  };
  return await withTrace(path, shown, io, async () => await withAsking({ ...request, load }, io, work));
}

/** Throws InputError for another context than the run had. */
async function checkContext(root: TrajectoryRun, { request, loading, signal }: Asking): Promise<void> {
  const { context } = await request.load(loading);
  const problem = await otherContext(context, root, signal);
  if (problem !== undefined) throw new InputError(problem);
}

interface GoingOn {
  review: Omit<Review, "close">;
  goOn: string;
  /** Others than the run had. */
  limits: ReturnType<typeof limitsOf>;
}

async function goOnIn(
  path: string,
  asking: Asking,
  { review: { tools, ...review }, goOn, limits }: GoingOn,
): Promise<number> {
  const { request, loading, say, signal } = asking;
  const models = await openModels(asking);
  const context = await request.load(loading);
  say(`Context: ${context.words}`);
  // The resume itself writes what happens there.
  const trace = { path, onEvent() {}, async close() {} };
  return await answer(asking, { context, trace, goOn }, async (onEvent) => {
    const { prices, profile } = request;
    return await resumeRlm<unknown>(
      { trajectory: path, context: context.context },
      {
        ...models,
        ...review,
        limits,
        prices,
        profile: profiles[profile],
        tools: [decompose, search, ...tools],
        onEvent,
        signal,
      },
    );
  });
}

/** What a trace tells of how its run was asked for: not by which model. */
function settingsIn({ start }: TrajectoryRun, { env }: Pick<Io, "env">): RunSettings {
  const { RLM_SUB_MODEL: subModel = "" } = env;
  const { limits, responseFormat, cite } = start;
  return {
    ...(subModel !== "" && { subModel }),
    delayMs: 0,
    limits: limits ?? {},
    prices: {},
    profile: "big",
    ...(responseFormat && { responseFormat }),
    ...(cite && { cite }),
  };
}

function recordedResult({ start, end }: TrajectoryRun): RlmResult<unknown> | undefined {
  if (end?.text === undefined || end.status === "failed" || end.status === "aborted") return undefined;
  const { text, status, limit, usage, runId } = end;
  return { ...readAnswer(text, start), status, usage, runId, ...(limit && { limit }) };
}
