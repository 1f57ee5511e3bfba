import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { InputError, RlmError } from "./errors.ts";
import type { Emit } from "./events.ts";
import { fileState } from "./stores/file-state.ts";
import { cutToLines } from "./stores/log-file.ts";
import { lineOf } from "./trajectory-line-of.ts";
import { trajectoryVersion } from "./trajectory-lines.ts";
import type { TrajectoryHeader, TrajectoryLine } from "./trajectory-lines.ts";

export { readTrajectory } from "./read-trajectory.ts";
export { readTrajectoryLog, trajectoryLog } from "./trajectory-log.ts";
export { contextLine } from "./trajectory-line-of.ts";
export type { Trajectory, TrajectoryRun } from "./read-trajectory.ts";
export type {
  BudgetLine,
  ContextLine,
  JournalLine,
  QueryLine,
  RunEndLine,
  RunStartLine,
  TrajectoryHeader,
  TrajectoryLine,
  WarningLine,
} from "./trajectory-lines.ts";

export interface TrajectoryWriter {
  /** Appends what happens; throws one {@link RlmError} with code "store" if it cannot, and writes nothing from then on. */
  onEvent: Emit;
  /** Closes the file; what happens later is not written. No error when closed already. */
  close(): Promise<void>;
}

export interface TrajectoryOptions {
  /** Replaces a file that is there. @default false */
  overwrite?: boolean;
  /** Goes on behind the last whole line of a trajectory that is there. @default false */
  append?: boolean;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/**
 * Writes a run's trajectory as JSON Lines, each event as it happens, to a file that only its owner can read: see docs/trajectory.md.
 * Throws {@link InputError} if the file is there already or its folder is not.
 */
export function trajectoryWriter(
  path: string,
  { overwrite = false, append = false, now = Date.now }: TrajectoryOptions = {},
): TrajectoryWriter {
  let file: number | undefined = append ? openOld(path) : openNew(path, overwrite);
  if (!append) write({ type: "rlm-trajectory", version: trajectoryVersion, createdAt: now() });
  return {
    onEvent(event) {
      const line = lineOf(event, now());
      if (line !== undefined) write(line);
    },
    async close() {
      end();
    },
  };

  function write(line: TrajectoryHeader | TrajectoryLine): void {
    if (file === undefined) return;
    try {
      appendWhole(file, Buffer.from(`${JSON.stringify(line)}\n`, "utf8"));
    } catch (cause) {
      end();
      const { state, advice } = fileState(cause);
      throw new RlmError(
        "store",
        `Cannot write the trajectory ${path}: ${state}; all lines before this one are kept; ${advice}, then go on with the run from it`,
        { cause },
      );
    }
  }

  function end(): void {
    if (file !== undefined) closeSync(file);
    file = undefined;
  }
}

function openNew(path: string, overwrite: boolean): number {
  if (typeof path !== "string" || path === "")
    throw new InputError(`Expected a path for the trajectory, got ${JSON.stringify(path)}`);
  try {
    const file = openSync(path, overwrite ? "w" : "wx", 0o600);
    // One that was there keeps its mode otherwise.
    fchmodSync(file, 0o600);
    return file;
  } catch (cause) {
    throw new InputError(`Cannot write the trajectory to ${path}: ${reason(cause)}`, { cause });
  }
}

function openOld(path: string): number {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDWR | constants.O_APPEND);
    fchmodSync(file, 0o600);
    cutToLines(file);
    return file;
  } catch (cause) {
    if (file !== undefined) closeSync(file);
    throw new InputError(`Cannot go on with the trajectory ${path}: ${reason(cause, "there is no such file")}`, {
      cause,
    });
  }
}

function reason(cause: unknown, missing = "its folder does not exist; make it first"): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EEXIST") return "there is such a file already; give another path, or overwrite: true";
  if (code === "ENOENT") return missing;
  if (code === "EISDIR") return "it is a folder; give the path of a file in it";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return "this user may not write there; give another path";
  return String(cause);
}

// Whole or not at all, so that every line of the file can be read.
function appendWhole(file: number, bytes: Buffer): void {
  const { size } = fstatSync(file);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
  } catch (error) {
    ftruncateSync(file, size);
    throw error;
  }
}
