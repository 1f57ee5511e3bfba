import type { Usage } from "rlm-core";
import type { LoadOptions } from "../context/loaded-context.ts";
import type { Io } from "../io.ts";
import type { LiveTree } from "../live-tree.ts";
import { plainText } from "../plain-text.ts";
import { createProgress, type Progress } from "../progress.ts";
import { listenForStop } from "../stop-signals.ts";
import { temporaryFiles, type TemporaryFiles } from "../temporary-files.ts";
import { write } from "../write.ts";
import type { AskRequest } from "./ask-request.ts";
import { failureOf } from "./failure.ts";
import { measure, type Measure } from "./measured-model.ts";
import { failureText } from "./report.ts";

/** What all steps of one question share. */
export interface Asking {
  request: AskRequest;
  io: Io;
  say(line: string): void;
  progress: Progress;
  signal: AbortSignal;
  loading: LoadOptions & { io: Io };
  measured: Measure;
  /** Stops the run as Ctrl-C does. */
  stop(): void;
  /** Nothing else is written to the terminal while this lasts; with `deaf` Ctrl-C is not for this program. */
  alone<T>(work: () => Promise<T>, options?: { deaf?: boolean }): Promise<T>;
  /** What is written to while the run goes on. */
  live: { tree?: LiveTree | undefined };
  /** What was heard of the run so far, for the case that it fails. */
  run: { runId?: string; usage?: Usage };
}

/** Does a question's work with what that needs, and gives it back; tells of an error, and gives the exit code. `temporary`: where copies of contexts go. */
export async function withAsking(
  request: AskRequest,
  io: Io,
  work: (asking: Asking) => Promise<number>,
  temporary: TemporaryFiles = temporaryFiles(),
): Promise<number> {
  const signals = listenForStop(io, () => temporary.remove());
  const { signal, off } = signals;
  const say = (line: string): void => {
    if (!request.quiet) io.stderr.write(`${plainText(line)}\n`);
  };
  const progress = createProgress(say);
  const loading = { io, signal, temporary, progress, say };
  const live: Asking["live"] = {};
  let alone = 0;
  const asking: Asking = {
    request,
    io,
    say,
    progress,
    signal,
    loading,
    measured: measure(),
    run: {},
    live,
    stop: () => signals.stop("a person"),
    async alone(work, { deaf = false } = {}) {
      alone++;
      live.tree?.pause();
      try {
        return await (deaf ? signals.deafTo(work) : work());
      } finally {
        if (--alone === 0) live.tree?.resume();
      }
    },
  };
  try {
    return await work(asking);
  } catch (error) {
    return await failed(error, asking);
  } finally {
    off();
    temporary.remove();
  }
}

/** Tells what went wrong; never more than once, and never on stdout but as JSON. `goOn`: the command that goes on with the run. */
export async function failed(
  error: unknown,
  { request, io, signal, measured, run }: Asking,
  { trace, goOn }: { trace?: string | undefined; goOn?: string | undefined } = {},
): Promise<number> {
  const failure = failureOf(error, signal);
  const { code, words, status } = failure;
  const lines = [
    status === "failed" ? `error: ${words}` : words,
    ...(trace === undefined ? [] : [`The trace so far: ${trace}`]),
    // Of a run that never began there is nothing to go on with.
    ...(goOn === undefined || run.runId === undefined
      ? []
      : [`To go on, without paying again for what is there: ${goOn}`]),
  ];
  io.stderr.write(`${plainText(lines.join("\n"))}\n`);
  if (request.json) {
    const largestRequest = measured.largestRequest();
    await write(io.stdout, failureText(failure, { ...run, trace, largestRequest }));
  }
  return code;
}
