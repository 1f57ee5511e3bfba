import { readFileSync } from "node:fs";
import type { ContextRef, Progress, SessionOptions } from "rlm-core";

/** Options of a session over these contexts; their texts come out of memory. */
export function sessionOptions(texts: Record<string, string> = {}, more: Partial<SessionOptions> = {}): SessionOptions {
  return {
    contexts: Object.entries(texts).map(([name, { length }]): ContextRef => {
      return { name, kind: "string", length, ref: name, prefix: "" };
    }),
    read: async (ref) => texts[ref] ?? "",
    async *stream(ref) {
      const text = texts[ref] ?? "";
      for (let at = 0; at < text.length; at += pieceChars) yield text.slice(at, at + pieceChars);
    },
    seed: 1,
    queries: true,
    tools: [],
    kits: [],
    limits: { promptChars: 10_000, outputChars: 1_000, computeMs: 600_000, heapMb: 512, answerChars: 1_000 },
    ...more,
  };
}

const pieceChars = 2_097_152;

/** What a block printed; throws if it did not end well. */
export function printed(progress: Progress): string {
  if (progress.kind !== "done" || progress.error !== undefined)
    throw new Error(`Expected a block to go well, got ${JSON.stringify(progress).slice(0, 500)}`);
  return progress.output.text.trim();
}

/** Ids of this process's children that run a sandbox. Linux only: elsewhere none. */
export function sandboxProcesses(): string[] {
  return children().filter((pid) => field(pid, "cmdline").includes("/sandboxes/isolate/"));
}

/** Megabytes of memory that a process has, or had at most. Linux only: elsewhere 0. */
export function residentMb(pid: string, peak = false): number {
  const [, kb = "0"] = (peak ? /VmHWM:\s*(\d+)/ : /VmRSS:\s*(\d+)/).exec(field(pid, "status")) ?? [];
  return Number(kb) / 1_000;
}

/** The same of a sandbox: its process may be one that another has forked to confine it. */
export function sandboxMb(pid: string, peak = false): number {
  return [pid, ...children(pid)].reduce((sum, each) => sum + residentMb(each, peak), 0);
}

function children(pid = String(process.pid)): string[] {
  return field(pid, `task/${pid}/children`).split(" ").filter(Boolean);
}

function field(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}
