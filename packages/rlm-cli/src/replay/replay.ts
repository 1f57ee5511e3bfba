import { resolve } from "node:path";
import { InputError, isolate, ReplayError, type Sandbox, type TextEncoding } from "rlm-core";
import { replayTrajectory, type ReplayedRun } from "rlm-core/replay";
import type { Trajectory, TrajectoryRun } from "rlm-core/trajectory";
import { decompose, search } from "rlm-tools";
import { failureOf } from "../ask/failure.ts";
import { plainJson } from "../ask/plain-answer.ts";
import { loadContext } from "../context/load-context.ts";
import type { LoadOptions } from "../context/loaded-context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { plural } from "../live-tree/words.ts";
import { plainLine, plainText } from "../plain-text.ts";
import { createProgress } from "../progress.ts";
import { listenForStop } from "../stop-signals.ts";
import { temporaryFiles } from "../temporary-files.ts";
import { write } from "../write.ts";
import { countRecord, type Compared } from "./count-record.ts";
import { readTrace } from "./read-trace.ts";
import { argumentsFor, contextsInWords, otherContext } from "./run-contexts.ts";
import { watchReplay } from "./watch-replay.ts";

export interface ReplayRequest {
  trace: string;
  context: readonly string[] | undefined;
  encoding: TextEncoding | undefined;
  json: boolean;
  quiet: boolean;
}

/** Replays one trajectory, from reading it to the verdict; gives the exit code. */
export async function replay(request: ReplayRequest, io: Io): Promise<number> {
  const temporary = temporaryFiles();
  const stop = listenForStop(io, () => temporary.remove());
  const { signal } = stop;
  const say = (line: string): void => {
    if (!request.quiet) io.stderr.write(`${plainText(line)}\n`);
  };
  const progress = createProgress(say);
  const sandbox = isolate({ warm: 0 });
  try {
    const { verdict, code } = await judge(request, sandbox, { io, signal, temporary, progress, say });
    await write(io.stdout, verdict);
    return code;
  } catch (error) {
    const { code, words } = failureOf(error, signal);
    io.stderr.write(plainText(`${code === exitCodes.interrupted ? words : `error: ${words}`}\n`));
    if (request.json) await write(io.stdout, `${plainJson({ ...nothing, error: words })}\n`);
    return code;
  } finally {
    stop.off();
    temporary.remove();
    await sandbox.close();
  }
}

interface Verdict {
  verdict: string;
  code: number;
}

async function judge(request: ReplayRequest, sandbox: Sandbox, loading: LoadOptions & { io: Io }): Promise<Verdict> {
  const { io, signal, progress, say } = loading;
  const shown = plainLine(request.trace, 200);
  const { trajectory, root } = await progress.during(
    () => `Reading ${shown}`,
    async () => await readTrace(resolve(io.cwd, request.trace), shown),
  );
  if (request.context === undefined)
    throw new InputError(
      `No context: rlm replay ${shown} --context PATH …, as it was given to rlm ask. The run had\n  ${contextsInWords(root)}`,
    );
  const v8 = { recorded: root.start.versions.v8, here: sandbox.v8 };
  if (v8.recorded !== v8.here)
    say(
      `warning: the run had V8 ${plainLine(v8.recorded, 60)}, this is ${v8.here}: a difference may come from there, and Node ${process.versions.node} is what this is.`,
    );
  const given = await argumentsFor(root, request.context, io.cwd);
  const { context } = await loadContext(given, { ...loading, encoding: request.encoding });
  const watched = watchReplay(sandbox, trajectory);
  try {
    const sessions = await progress.during(
      watched.words,
      async () =>
        await replayTrajectory(trajectory, { context, kits: [decompose, search], sandbox: watched.sandbox, signal }),
    );
    const compared = countRecord(sessions.map(({ runId }) => trajectory.runs.get(runId)?.journal ?? []));
    return identical(request, { trajectory, root, sessions, compared, v8 });
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    const problem = watched.runId() === undefined ? await otherContext(context, root, signal) : undefined;
    if (problem !== undefined) throw new InputError(problem, { cause: error });
    return different(request, { trajectory, difference: inSession(error.message), v8 });
  }
}

interface Engines {
  recorded: string;
  here: string;
}

function identical(
  { json, quiet }: ReplayRequest,
  {
    trajectory,
    root,
    sessions,
    compared,
    v8,
  }: { trajectory: Trajectory; root: TrajectoryRun; sessions: ReplayedRun[]; compared: Compared; v8: Engines },
): Verdict {
  const { complete } = trajectory;
  const code = exitCodes.answered;
  if (json) {
    const runs = sessions.map(({ runId, depth, hash, variables }) => ({
      runId,
      depth,
      hash,
      variables: variables.length,
    }));
    return { verdict: `${plainJson({ ...nothing, identical: true, complete, compared, runs, v8 })}\n`, code };
  }
  if (quiet) return { verdict: "identical\n", code };
  const { runs, turns, blocks, calls, outputs, answers } = compared;
  const variables = sessions.reduce((sum, session) => sum + session.variables.length, 0);
  const lines = [
    complete
      ? "identical"
      : `identical as far as it goes: the trajectory ends before its run did${root.end === undefined ? "" : " in all of its sessions"}`,
    `Compared: ${[plural(runs, "run"), plural(turns, "turn"), plural(blocks, "block"), plural(calls, "call"), plural(outputs, "output"), plural(answers, "answer")].join(", ")}`,
    blocks === 0
      ? `There was no code to run again${root.end?.status === "direct" ? ": the whole context went to the model in one plain call" : ""}.`
      : `Rebuilt: ${plural(variables, "variable")}. No model and no tool was called.`,
  ];
  return { verdict: `${lines.join("\n")}\n`, code };
}

function different(
  { json }: ReplayRequest,
  { trajectory, difference, v8 }: { trajectory: Trajectory; difference: string; v8: Engines },
): Verdict {
  const { complete } = trajectory;
  const verdict = json
    ? `${plainJson({ ...nothing, identical: false, complete, difference, v8 })}\n`
    : `different: ${plainText(difference)}\n`;
  return { verdict, code: exitCodes.differs };
}

/** The object of `--json` as far as nothing is known. */
const nothing = {
  identical: null,
  complete: null,
  difference: null,
  error: null,
  compared: null,
  runs: null,
  v8: null,
};

/** What differs, as rlm-core says it, in this command's words. */
function inSession(message: string): string {
  return message.replace(/^Cannot replay run (\S+): /, "in session $1: ");
}
