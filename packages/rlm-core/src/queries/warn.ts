import { count } from "../prompt/surface.ts";
import type { Run } from "../run.ts";

/**
 * Tells of what went wrong: of each `kind` the first time in a run, and again the tenth, the hundredth and so on, with the
 * number. What goes wrong at every call would bury all else.
 */
export function warn(
  message: string,
  { kind, depth }: { kind: string; depth: number },
  run: Pick<Run, "id" | "emit" | "warned">,
): void {
  const times = (run.warned.get(kind) ?? 0) + 1;
  run.warned.set(kind, times);
  if (!/^10*$/.test(String(times))) return;
  const counted = times === 1 ? message : `${message} (such a thing for the ${count(times)}th time in this run)`;
  run.emit({ type: "warning", runId: run.id, depth, message: counted });
}
