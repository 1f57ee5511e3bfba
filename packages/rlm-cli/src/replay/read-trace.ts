import { InputError, RlmError } from "rlm-core";
import { readTrajectory, type Trajectory, type TrajectoryRun } from "rlm-core/trajectory";
import { problemWords } from "../problem-words.ts";

/** A trajectory that has a run in it, and that run's root. Throws InputError, also where a line is damaged. */
export async function readTrace(path: string, shown: string): Promise<{ trajectory: Trajectory; root: TrajectoryRun }> {
  const trajectory = await readTrajectory(path).catch((error: unknown) => {
    throw unreadable(error, shown);
  });
  const [root] = trajectory.runs.values();
  if (root === undefined)
    throw new InputError(`Cannot use the trajectory ${shown}: it ends before its run began, so there is nothing in it`);
  return { trajectory, root };
}

function unreadable(error: unknown, shown: string): unknown {
  if (!(error instanceof RlmError)) return error;
  const { cause } = error;
  if (cause instanceof Error && "code" in cause)
    return new InputError(`Cannot read the trajectory ${shown}: ${problemWords(cause)}`, { cause: error });
  return error instanceof InputError ? error : new InputError(error.message, { cause: error });
}
