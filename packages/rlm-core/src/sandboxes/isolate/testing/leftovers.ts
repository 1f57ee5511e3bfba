import { readdirSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { setImmediate } from "node:timers/promises";
import { sandboxPids } from "./test-session.ts";

/** What a program holds beside its memory, each as a word that tells what it is. */
export interface Holdings {
  /** Sandbox processes that it started. */
  processes: string[];
  /** Empty where the system does not tell them. */
  descriptors: string[];
  /** In the system's folder for temporary files. */
  files: string[];
  /** What keeps it from ending by itself: timers, pipes, processes, reads. */
  resources: string[];
}

export function holdings(): Holdings {
  return {
    resources: [
      // A pipe that Node failed to open counts for ever. Those that are open are among the descriptors.
      ...process.getActiveResourcesInfo().filter((name) => name !== "PipeWrap"),
      ...Array.from({ length: process.listenerCount("exit") }, () => "listener of the exit"),
    ],
    processes: sandboxPids().map((pid) => `process ${pid}`),
    descriptors: openDescriptors(),
    files: readdirSync(tmpdir(), { recursive: true, encoding: "utf8" }),
  };
}

/** What there is now that was not there before; waits until it is nothing, and no longer than the deadline. */
export async function leftSince(before: Holdings, deadlineMs = 5_000): Promise<string[]> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const now = holdings();
    const left = kinds.flatMap((kind) => more(now[kind], before[kind]).map((each) => `${kind}: ${each}`));
    if (left.length === 0 || performance.now() > deadline) return left;
    await setImmediate();
  }
}

const kinds = ["processes", "descriptors", "files", "resources"] as const;

function openDescriptors(): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      // Node's event loop keeps one of these from its first stream on.
      return target === "/dev/null" ? [] : [target];
    } catch {
      // That of the folder itself.
      return [];
    }
  });
}

function more(now: readonly string[], before: readonly string[]): string[] {
  const rest = [...before];
  return now.filter((each) => {
    const at = rest.indexOf(each);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}
