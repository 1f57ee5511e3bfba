import type { RlmEvent } from "./events.ts";
import { InputError } from "./errors.ts";
import { resultOf, runRoot, type RlmResult } from "./loop.ts";
import { checkApprove, resolveOptions, type ResolvedOptions, type RlmOptions } from "./options.ts";
import { readTrajectory, type Trajectory, type TrajectoryRun } from "./read-trajectory.ts";
import { checkContexts, checkRepl, limitsOf } from "./resume/check-resume.ts";
import { createRecall, endedOf } from "./resume/recall.ts";
import { restoreBudgetLog, restoreTexts, takeWrittenAhead } from "./resume/restore.ts";
import type { Run } from "./run.ts";
import type { Sandbox } from "./sandbox.ts";
import { schemaVersion } from "./state.ts";
import { countToolCalls } from "./steps/count-tool-calls.ts";
import { storeContexts, type ContextInput } from "./store-context.ts";
import { openTree, type Tree } from "./tree.ts";
import { trajectoryWriter } from "./trajectory.ts";
import { newestTask } from "./turns.ts";

export interface ResumeInput {
  /** Path of the run's trajectory file, as `trajectoryWriter` wrote it. */
  trajectory: string;
  /** The context that the run had: the trajectory holds none of its text. */
  context: ContextInput;
}

/** Those of the run; the response format and `cite` come from the trajectory. */
export type ResumeOptions = Omit<RlmOptions, "responseFormat" | "cite">;

/** Goes on with a run of {@link runLoop} from its trajectory. */
export async function resumeLoop<T = string>(
  input: ResumeInput,
  options: ResumeOptions,
  sandbox: Sandbox,
  driver: { deferChildren?: boolean; wait?: Run["wait"] } = {},
): Promise<RlmResult<T>> {
  checkResume(input, options);
  const trajectory = await readTrajectory(input.trajectory);
  const root = rootOf(trajectory, input.trajectory);
  const { start } = root;
  const { responseFormat, cite } = start;
  const limits = limitsOf(start, options.limits);
  const resolved = resolveOptions({ ...options, limits, ...(responseFormat && { responseFormat }) }, sandbox);
  checkApprove(resolved);
  checkRepl(trajectory, resolved);
  const { store, signal } = resolved;
  signal.throwIfAborted();
  const contexts = await storeContexts(input.context, store, signal);
  checkContexts(start, contexts);
  const ended = endedOf(root);
  if (ended !== undefined) return resultOf(ended, { runId: start.runId, responseFormat, cite });

  const writer = trajectoryWriter(input.trajectory, { append: true });
  const emit = (event: RlmEvent): unknown => {
    writer.onEvent(event);
    return resolved.emit(event);
  };
  try {
    const tree = await restoreTree(trajectory, { ...resolved, emit }, driver);
    const { runId, depth, seed, query } = start;
    const task = { runId, depth, seed, query, contexts, model: tree.model, responseFormat, cite, signal: tree.signal };
    return await runRoot<T>(task, { ...tree, recall: createRecall(trajectory, resolved.limits) });
  } finally {
    await writer.close();
  }
}

/** The run's tree as it was: texts, budget, calls of tools. What a store of the run's own knows beyond the trajectory is told. */
async function restoreTree(
  trajectory: Trajectory,
  options: ResolvedOptions,
  driver: Parameters<typeof openTree>[2],
): Promise<Tree> {
  const { store } = options;
  const runs = [...trajectory.runs.values()];
  const { runId, depth, versions } = rootOf(trajectory, "").start;
  for (const run of runs) await restoreTexts(run, store);
  const untold = await restoreBudgetLog(runId, runs, store);
  const tree = await openTree(options, runId, driver);
  for (const event of untold) tree.emit(event);
  for (const run of runs) {
    await takeWrittenAhead(run, tree);
    countToolCalls(run.journal, { id: run.start.runId, toolCalls: tree.toolCalls });
  }
  if (versions.v8 !== tree.sandbox.v8) {
    const message = `The run goes on with V8 ${tree.sandbox.v8}, it began with ${versions.v8}: what its code comes to is compared as it is run again`;
    tree.emit({ type: "warning", runId, depth, message });
  }
  return tree;
}

function checkResume(input: unknown, options: unknown): void {
  if (typeof input !== "object" || input === null)
    throw new InputError("Expected the input of a resume to be { trajectory, context }");
  const unknown = Object.keys(input).find((name) => name !== "trajectory" && name !== "context");
  if (unknown !== undefined)
    throw new InputError(`Unknown input "${unknown}": expected trajectory and context; the query is in the trajectory`);
  if (!("trajectory" in input) || typeof input.trajectory !== "string" || input.trajectory === "")
    throw new InputError("Expected trajectory to be the path of a trajectory file");
  for (const name of ["responseFormat", "cite"])
    if (typeof options === "object" && options !== null && name in options)
      throw new InputError(`Cannot resume with options.${name}: it is that of the trajectory; leave it out`);
}

function rootOf({ runs }: Trajectory, path: string): TrajectoryRun {
  const [root, ...others] = [...runs.values()].filter(({ start }) => start.parent === undefined);
  if (root === undefined) throw new InputError(`Cannot resume from ${path}: no run has begun in it; start it anew`);
  if (others.length > 0)
    throw new InputError(`Cannot resume from ${path}: it holds ${others.length + 1} runs, expected one`);
  if (newestTask(root.journal) !== undefined)
    throw new InputError(
      `Cannot resume from ${path}: its run goes on in the REPL of earlier ones, and the file has not all of them; resume it by the thread that it belongs to`,
    );
  const { schema } = root.start.versions;
  if (schema === schemaVersion) return root;
  throw new InputError(
    `Cannot resume from ${path}: its journal has schema ${schema}, this code writes ${schemaVersion}; resume it with the rlm-core that wrote it`,
  );
}
