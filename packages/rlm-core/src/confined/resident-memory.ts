import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { childrenOf } from "./process-tree.ts";

/** Megabytes of a process that are in memory; undefined if it is gone. Where there is no /proc it costs a process: ask seldom. */
export function residentMb(pid: number): number | undefined | Promise<number | undefined> {
  return hasProc ? fromProc(pid) : fromPs(pid);
}

/** Milliseconds between two looks at a process's memory. */
export const memoryPollMs: number = process.platform === "linux" ? 50 : 500;

const hasProc = process.platform === "linux";

// Synchronous, for it is no disk: 20 µs, and no thread of the pool that may be busy just when memory runs away.
function fromProc(pid: number): number | undefined {
  const own = ownMb(pid);
  // Where a process has forked to be confined, its child is what takes memory.
  return own === undefined ? undefined : childrenOf(pid).reduce((sum, child) => sum + (fromProc(child) ?? 0), own);
}

function ownMb(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1_000;
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile("ps", ["-o", "rss=", "-p", String(pid)], (error, stdout) =>
      resolve(error === null ? Number(stdout) / 1_000 : undefined),
    );
  });
}
