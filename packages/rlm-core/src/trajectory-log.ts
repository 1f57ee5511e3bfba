import { RlmError } from "./errors.ts";
import type { RlmEvent } from "./events.ts";
import { textRefOf } from "./journal.ts";
import { addLine, wholeOf, type Trajectory } from "./read-trajectory.ts";
import type { RunStore } from "./store.ts";
import { lineOf } from "./trajectory-line-of.ts";
import { trajectoryVersion, type TrajectoryHeader, type TrajectoryLine } from "./trajectory-lines.ts";

/**
 * Keeps a run's trajectory as a log of its store, beside the texts that it refers to. Rejects with RlmError "store" where it cannot.
 */
export function trajectoryLog(
  store: RunStore,
  runId: string,
  now: () => number = Date.now,
): (event: RlmEvent) => Promise<void> {
  return async (event) => {
    const line = lineOf(event, now());
    if (line === undefined) return;
    // The text of a result or an answer is in the store already, by the reference in the event.
    await store.append(logKey(runId), line.type === "journal" ? { ...line, text: undefined } : line);
  };
}

/** Reads what {@link trajectoryLog} kept. Throws RlmError with code "store" where there is none, or a text is gone. */
export async function readTrajectoryLog(store: RunStore, runId: string): Promise<Trajectory> {
  const lines = await store.read(logKey(runId));
  const [first] = lines;
  if (!isLine(first)) throw new RlmError("store", `Cannot read the trajectory of run ${runId}: this store has none`);
  const header: TrajectoryHeader = { type: "rlm-trajectory", version: trajectoryVersion, createdAt: first.at };
  const runs: Trajectory["runs"] = new Map();
  for (const [index, line] of lines.entries()) {
    const place = `Cannot read the trajectory of run ${runId}: entry ${index + 1}`;
    if (!isLine(line)) throw new RlmError("store", `${place} is none of a trajectory`);
    addLine(runs, await withText(line, store), place);
  }
  return wholeOf(header, runs);
}

async function withText(line: TrajectoryLine, store: RunStore): Promise<TrajectoryLine> {
  if (line.type !== "journal") return line;
  const ref = textRefOf(line.event);
  return ref === undefined ? line : { ...line, text: await store.get(ref) };
}

function logKey(runId: string): string {
  return `${runId}/trajectory`;
}

function isLine(line: unknown): line is TrajectoryLine {
  return typeof line === "object" && line !== null && "type" in line && "at" in line && "runId" in line;
}
