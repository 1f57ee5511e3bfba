import { dirname, join, resolve } from "node:path";
import { existsSync, rmSync } from "node:fs";
import { InputError, type Emit } from "rlm-core";
import { trajectoryWriter, type TrajectoryWriter } from "rlm-core/trajectory";
import { temporaryFolder } from "../temporary-folder.ts";

/** Where the trajectory of a run goes. */
export interface TraceFile {
  path: string;
  onEvent: Emit;
  close(): Promise<void>;
}

/** Opens the file of `--trace`, by default a new one below the system's folder for temporary files. Throws InputError. */
export function openTrace(given: string | undefined, cwd: string): TraceFile {
  if (given === "") throw new InputError('Expected --trace to be the path of a new file, got ""');
  const path =
    given === undefined ? join(temporaryFolder("rlm-trace-", advice), "trajectory.jsonl") : resolve(cwd, given);
  // The writer's own words are for callers of the library.
  if (given !== undefined && existsSync(path))
    throw new InputError(`Cannot write the trace to ${path}: it is there already; give another path`);
  return { path, ...newWriter(path, given === undefined) };
}

const advice = ", or say where the trace goes by --trace FILE, or that there is none by --no-trace";

/** Of one that cannot be begun nothing stays. */
function newWriter(path: string, own: boolean): TrajectoryWriter {
  try {
    return trajectoryWriter(path);
  } catch (error) {
    if (own) rmSync(dirname(path), { recursive: true, force: true });
    throw error;
  }
}
