import type { Citation, Cited, CitedPlace, Emit, RlmResult } from "rlm-core";
import type { LoadedContext } from "../context/loaded-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { liveTree } from "../live-tree.ts";
import { plainText } from "../plain-text.ts";
import { write } from "../write.ts";
import { failed, type Asking } from "./asking.ts";
import type { Reply } from "./ask-request.ts";
import type { Evidence } from "./evidence-words.ts";
import { eventInFlags } from "./limit-flags.ts";
import { answerText, notesOf } from "./report.ts";
import type { TraceFile } from "./trace-file.ts";

/** What a run is answered with, beside the request. */
export interface AnswerOptions {
  /** Where it was read for this run. */
  context?: LoadedContext;
  trace?: TraceFile | undefined;
  /** The command that goes on with the run. */
  goOn?: string | undefined;
  /** Where citations are, for people. */
  places?: ((citations: readonly Citation[]) => Promise<CitedPlace[]>) | undefined;
}

/** The run itself, with its events in the trace and in the live tree, and its answer on stdout; gives the exit code. */
export async function answer(
  asking: Asking,
  { context, trace, goOn, places }: AnswerOptions,
  run: (onEvent: Emit) => Promise<RlmResult<unknown>>,
): Promise<number> {
  const { request, io, say, measured } = asking;
  const started = performance.now();
  try {
    const result = await watched(asking, trace, run);
    const seconds = (performance.now() - started) / 1000;
    const reply: Reply = {
      result,
      largestRequest: measured.largestRequest(),
      seconds,
      width: io.stdout.columns ?? 120,
    };
    const { json, quiet, show, problem } = request;
    const answered = context && { ...reply, context };
    const shown = quiet || answered === undefined ? undefined : show?.(answered);
    const evidence = await evidenceOf(result, places);
    const isTTY = io.stdout.isTTY === true;
    await write(
      io.stdout,
      answerText(reply, { json, shown, trace: trace?.path, isTTY, evidence, cwd: quiet ? undefined : io.cwd }),
    );
    for (const note of notesOf(reply, request)) say(note);
    if (trace !== undefined) say(`Trace: ${trace.path}`);
    const wrong = answered && problem?.(answered);
    if (wrong !== undefined) {
      io.stderr.write(`${plainText(wrong)}\n`);
      return exitCodes.failed;
    }
    return result.status === "concluded" ? exitCodes.concluded : exitCodes.answered;
  } catch (error) {
    return await failed(error, asking, { trace: trace?.path, goOn });
  } finally {
    await trace?.close();
  }
}

/** The evidence of a result that has some. A place that cannot be told any more is no reason to lose an answer. */
export async function evidenceOf(
  { citations, unverified }: RlmResult<unknown> & Partial<Cited>,
  places: AnswerOptions["places"],
): Promise<Evidence | undefined> {
  if (citations === undefined) return undefined;
  const placed = await places?.(citations).catch(() => undefined);
  return { citations: placed ?? citations, ...(unverified && { unverified }) };
}

async function watched<T>(
  { request, io, progress, live, run: heard }: Asking,
  trace: TraceFile | undefined,
  run: (onEvent: Emit) => Promise<T>,
): Promise<T> {
  const tree = request.quiet ? undefined : liveTree({ stream: io.stderr });
  live.tree = tree;
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
