import { InputError, runRlm, type Emit, type Usage } from "rlm-core";
import { decompose } from "rlm-tools";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { liveTree } from "../live-tree.ts";
import type { LoadedContext } from "../context/loaded-context.ts";
import { createProgress, type Progress } from "../progress.ts";
import { listenForStop } from "../stop-signals.ts";
import { temporaryFiles } from "../temporary-files.ts";
import { plainText } from "../plain-text.ts";
import { write } from "../write.ts";
import type { Answered, AskRequest } from "./ask-request.ts";
import { checkPriced } from "./check-priced.ts";
import { dryRun } from "./dry-run.ts";
import { failureOf } from "./failure.ts";
import { eventInFlags } from "./limit-flags.ts";
import { measure, type Measure } from "./measured-model.ts";
import { modelOptions, noModel, offline, openModel } from "./open-model.ts";
import { answerText, failureText, notesOf } from "./report.ts";
import { openTrace, type TraceFile } from "./trace-file.ts";

/** Asks one question, from reading the context to writing the answer; gives the exit code. */
export async function ask(request: AskRequest, io: Io): Promise<number> {
  const temporary = temporaryFiles();
  const stop = listenForStop(io, () => temporary.remove());
  const say = (line: string): void => {
    if (!request.quiet) io.stderr.write(`${plainText(line)}\n`);
  };
  const progress = createProgress(say);
  const measured = measure();
  const asking: Asking = { request, io, say, progress, signal: stop.signal, measured, run: {} };
  const loading = { io, signal: stop.signal, temporary, progress, say };
  try {
    if (request.dryRun) return await dryRun(request, loading);
    const models = await openModels(asking);
    const context = await request.load(loading);
    say(`Context: ${context.words}`);
    return await answer(asking, { ...models, context });
  } catch (error) {
    return await failed(error, asking);
  } finally {
    stop.off();
    temporary.remove();
  }
}

/** What all steps of one question share. */
interface Asking {
  request: AskRequest;
  io: Io;
  say(line: string): void;
  progress: Progress;
  signal: AbortSignal;
  measured: Measure;
  /** What was heard of the run so far, for the case that it fails. */
  run: { runId?: string; usage?: Usage };
}

type Models = Pick<Parameters<typeof runRlm>[1], "model" | "subModel">;

async function openModels({ request, io, say, progress, measured: { measured } }: Asking): Promise<Models> {
  const { model, subModel, delayMs } = request;
  if (model === undefined) throw new InputError(noModel);
  const open = io.openModel ?? openModel;
  const options = modelOptions(request);
  if (model === offline || subModel === offline) say(standIn(delayMs));
  const models = await progress.during(
    () => "Loading the model’s package",
    async () => ({
      model: measured(await open(model, options)),
      ...(subModel !== undefined && { subModel: measured(await open(subModel, options)) }),
    }),
  );
  checkPriced(request, [models.model.modelName, models.subModel?.modelName]);
  return models;
}

function standIn(delayMs: number): string {
  const held = ` It holds each reply back for ${delayMs} ms, so that you can watch: --delay 0 turns that off.`;
  return `The model here is an offline stand-in: rules, not a language model.${delayMs === 0 ? "" : held}`;
}

/** The run itself, with its events in the trace and in the live tree. */
async function answer(asking: Asking, { context, ...models }: Models & { context: LoadedContext }): Promise<number> {
  const { request, io, say, signal, measured } = asking;
  // Nobody is told where a trace is that nobody asked for.
  const noTrace = request.trace === false || (request.quiet && request.trace === undefined);
  const trace = noTrace ? undefined : openTrace(request.trace || undefined, io.cwd);
  const started = performance.now();
  try {
    const result = await watched(asking, trace, async (onEvent) => {
      const { question, givenLimits, prices, profile, responseFormat } = request;
      return await runRlm<unknown>(
        { query: question, context: context.context },
        {
          ...models,
          limits: givenLimits,
          prices,
          profile,
          tools: [decompose],
          ...(responseFormat && { responseFormat }),
          onEvent,
          signal,
        },
      );
    });
    const seconds = (performance.now() - started) / 1000;
    const answered: Answered = {
      result,
      context,
      largestRequest: measured.largestRequest(),
      seconds,
      width: io.stdout.columns ?? 120,
    };
    await write(io.stdout, answerText(answered, request, { trace: trace?.path, isTTY: io.stdout.isTTY === true }));
    for (const note of notesOf(answered, request)) say(note);
    if (trace !== undefined) say(`Trace: ${trace.path}`);
    const problem = request.problem?.(answered);
    if (problem !== undefined) {
      io.stderr.write(`${plainText(problem)}\n`);
      return exitCodes.failed;
    }
    return result.status === "concluded" ? exitCodes.concluded : exitCodes.answered;
  } catch (error) {
    return await failed(error, asking, trace);
  } finally {
    await trace?.close();
  }
}

async function watched<T>(
  { request, io, progress, run: heard }: Asking,
  trace: TraceFile | undefined,
  run: (onEvent: Emit) => Promise<T>,
): Promise<T> {
  const tree = request.quiet ? undefined : liveTree({ stream: io.stderr });
  const begun = Promise.withResolvers<void>();
  // The run measures and hashes the context before it says anything.
  const reading = progress.during(
    () => "Preparing the context",
    () => begun.promise,
  );
  try {
    return await run((event) => {
      begun.resolve();
      if (event.depth === 0) heard.runId = event.runId;
      if (event.depth === 0 && event.type === "run-end") heard.usage = event.usage;
      trace?.onEvent(event);
      tree?.onEvent(eventInFlags(event));
    });
  } finally {
    begun.resolve();
    await reading;
    tree?.stop();
  }
}

/** Tells what went wrong; never more than once, and never on stdout but as JSON. */
async function failed(
  error: unknown,
  { request, io, signal, measured, run }: Asking,
  trace?: TraceFile,
): Promise<number> {
  const failure = failureOf(error, signal);
  const { code, words } = failure;
  const kept = trace === undefined ? "" : ` The trace so far: ${trace.path}`;
  io.stderr.write(
    plainText(`${code === exitCodes.interrupted ? words : `error: ${words}`}${kept && `\n${kept.trim()}`}\n`),
  );
  if (request.json) {
    const largestRequest = measured.largestRequest();
    await write(io.stdout, failureText(failure, { ...run, trace: trace?.path, largestRequest }));
  }
  return code;
}
