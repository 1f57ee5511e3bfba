import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { defaultLimits } from "../../../limits.ts";
import type { SessionOptions } from "../../../sandbox.ts";
import { isolate } from "../isolate.ts";
import { childrenOf } from "../../../confined/process-tree.ts";
import { isRunning } from "./test-session.ts";

/** A law, as `rlm-core/testing` has them. */
interface Law {
  name: string;
  holds(open: (options: Partial<SessionOptions>) => ReturnType<ReturnType<typeof isolate>["open"]>): Promise<void>;
}

/** What a law does not say. */
export const leastOptions: SessionOptions = {
  contexts: [],
  read: (ref) => Promise.reject(new Error(`there is no text ${ref}`)),
  stream: (ref) => {
    throw new Error(`there is no context ${ref}`);
  },
  seed: 1,
  queries: true,
  tools: [],
  kits: [],
  limits: defaultLimits,
};

/** Laws, each with an isolate of its own, whose processes moreover keep to their memory at every moment, and of which nothing is left. */
export function isolateLaws(laws: readonly Law[]): { name: string; holds: () => Promise<void> }[] {
  return laws.map((law) => ({ name: law.name, holds: () => holdLaw(law) }));
}

async function holdLaw(law: Law): Promise<void> {
  const sandbox = isolate({ warm: 0 });
  const before = pipes();
  const peak = watchPeak();
  try {
    await law.holds((options) => sandbox.open({ ...leastOptions, ...options }));
  } finally {
    await sandbox.close();
    const { peakMb, seen } = peak.end();
    assert.deepEqual(seen.filter(isRunning), [], "Expected no process to be left");
    assert.ok(peakMb <= mostMb, `Expected at most ${mostMb} MB of memory, a process had ${Math.round(peakMb)} MB`);
  }
  // The ends of a pipe close after the process that had the other; the test's own deadline is the limit.
  while (pipes() > before) await new Promise((resolve) => setImmediate(resolve));
}

/** Sockets and pipes of this program. */
function pipes(): number {
  if (process.platform !== "linux") return 0;
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return /^(socket|pipe):/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false;
    }
  }).length;
}

/** The processes that this program has meanwhile, and the most megabytes that one of them ever had in memory, as the kernel counts them. */
function watchPeak(): { end(): { peakMb: number; seen: number[] } } {
  const seen = new Set<number>();
  let peakMb = 0;
  const look = (pid: number): void => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "latin1");
      peakMb = Math.max(peakMb, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_000);
      seen.add(pid);
      for (const child of childrenOf(pid)) look(child);
    } catch {
      // It is gone.
    }
  };
  const timer = setInterval(() => childrenOf(process.pid).forEach(look), peakPollMs);
  return {
    end() {
      clearInterval(timer);
      return { peakMb, seen: [...seen] };
    },
  };
}

// The session's 128 MB, what a process has without it, and what it can take between two looks of its parent.
const mostMb = 128 + 350 + 400;
const peakPollMs = 10;
