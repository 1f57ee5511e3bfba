import { closeSync, fchmodSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import type { ContextRef } from "./context.ts";
import { InputError, RlmError } from "./errors.ts";
import type { Emit, QueryStartEvent, RlmEvent, TurnStartEvent } from "./events.ts";
import { trajectoryVersion } from "./trajectory-lines.ts";
import type { ContextLine, TrajectoryHeader, TrajectoryLine } from "./trajectory-lines.ts";

export { readTrajectory } from "./read-trajectory.ts";
export type { Trajectory, TrajectoryRun } from "./read-trajectory.ts";
export type {
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
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/**
 * Writes a run's trajectory as JSON Lines, each event as it happens, to a file that only its owner can read: see docs/trajectory.md.
 * Throws {@link InputError} if the file is there already or its folder is not.
 */
export function trajectoryWriter(
  path: string,
  { overwrite = false, now = Date.now }: TrajectoryOptions = {},
): TrajectoryWriter {
  let file: number | undefined = openNew(path, overwrite);
  const header: TrajectoryHeader = { type: "rlm-trajectory", version: trajectoryVersion, createdAt: now() };
  write(header);
  return {
    onEvent(event) {
      // These two are only for those who watch.
      if (event.type !== "turn-start" && event.type !== "query-start") write(toLine(event, now()));
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
      throw new RlmError(
        "store",
        `Cannot write the trajectory ${path}: ${String(cause)}; all lines before this one are kept`,
        { cause },
      );
    }
  }

  function end(): void {
    if (file !== undefined) closeSync(file);
    file = undefined;
  }
}

/** A context as a trajectory tells it: neither its first characters nor the path of a file, for a trajectory is passed on. */
export function contextLine({ name, kind, items, length, ref }: ContextRef): ContextLine {
  return { name, kind, items, length, hash: ref.startsWith("file:") ? `sha256:${hashOfFile(ref)}` : ref };
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

function reason(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EEXIST") return "there is such a file already; give another path, or overwrite: true";
  if (code === "ENOENT") return "its folder does not exist; make it first";
  if (code === "EISDIR") return "it is a folder; give the path of a file in it";
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

function toLine(event: Exclude<RlmEvent, TurnStartEvent | QueryStartEvent>, at: number): TrajectoryLine {
  const { runId, depth } = event;
  const place = { at, runId, depth };
  if (event.type === "run-start") {
    const { parent, repl, state } = event;
    const { task, seed, startedAt, versions } = state;
    const { query, responseFormat } = task;
    const contexts = task.contexts.map(contextLine);
    return { type: "run-start", ...place, parent, query, contexts, responseFormat, seed, startedAt, versions, repl };
  }
  if (event.type === "journal") {
    return { type: "journal", ...place, turn: event.turn, event: event.event, text: event.text };
  }
  if (event.type === "query-end") {
    const { turn, id, kind, ok, usage, model } = event;
    return { type: "query", ...place, turn, id, kind, ok, usage, model };
  }
  if (event.type === "warning") return { type: "warning", ...place, message: event.message };
  const { status, limit, error, text, usage } = event;
  return { type: "run-end", ...place, status, limit, error, text, usage };
}

function hashOfFile(ref: string): string {
  const { sha256 } = JSON.parse(ref.slice("file:".length)) as { sha256: string };
  return sha256;
}
