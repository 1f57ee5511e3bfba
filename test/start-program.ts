import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";

const home = resolve(import.meta.dirname, "..");

/** Node's, for a program of this repository that runs from the sources. */
export const sourceFlags = ["-C", "rlm-source", "--import", resolve(home, "scripts/with-built-child.ts")];

export interface StartOptions {
  /** @default the root of the repository */
  cwd?: string;
  /** Over the variables of this process; undefined takes one away. */
  env?: Record<string, string | undefined>;
  /** Leaves stdin open, for a test to write. @default false */
  stdin?: boolean;
}

export interface Started {
  pid: number;
  /** Of stdout and stderr, as they came. */
  lines: string[];
  /** There if `stdin` is true. */
  stdin: Writable | null;
  stdout: Readable;
  /** The exit code, once it and its streams are closed. */
  ended: Promise<number | null>;
  /** Resolves as soon as a line is written; rejects if the program ends before. */
  line(text: string): Promise<void>;
}

/** A program of this repository as a process of its own, from the sources, in a group of its own. */
export function startProgram(file: string, args: readonly string[], options: StartOptions = {}): Started {
  const { cwd = home, env, stdin = false } = options;
  const child: ChildProcess & { stdout: Readable; stderr: Readable } = spawn(
    process.execPath,
    [...sourceFlags, resolve(home, file), ...args],
    {
      cwd,
      detached: true,
      env: { ...process.env, ...env },
      stdio: [stdin ? "pipe" : "ignore", "pipe", "pipe"],
    },
  ) as ChildProcess & { stdout: Readable; stderr: Readable };
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    let written = "";
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      const parts = (written + chunk).split("\n");
      written = parts.pop() ?? "";
      lines.push(...parts);
      for (const look of waiting) look();
    });
  }
  const ended = once(child, "close").then(([code]) => code as number | null);
  const line = async (text: string): Promise<void> => {
    const { promise, resolve: seen } = Promise.withResolvers<void>();
    const look = (): void => {
      if (lines.includes(text)) seen();
    };
    waiting.add(look);
    look();
    const early = ended.then((code) =>
      Promise.reject(new Error(`Ended with ${code} before "${text}":\n${lines.join("\n")}`)),
    );
    await Promise.race([promise, early]).finally(() => waiting.delete(look));
    early.catch(() => {});
  };
  return { pid: child.pid ?? 0, lines, stdin: child.stdin, stdout: child.stdout, ended, line };
}

/** Processes below one, at any depth. */
export function descendants(pid: number): number[] {
  const parents = new Map(processes().map(({ id, parent }) => [id, parent]));
  const isBelow = (id: number): boolean => {
    const parent = parents.get(id);
    return parent !== undefined && (parent === pid || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** Processes of a program's group that have not ended: whatever it started, also where it is gone itself. */
export function groupOf(pid: number): number[] {
  return processes()
    .filter(({ id, group }) => group === pid && isAlive(id))
    .map(({ id }) => id);
}

/** The files that a process has open, by their paths; Linux only. */
export function openFilesOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      // Closed in the meantime.
      return [];
    }
  });
}

/** Whether it runs: one that is dead and not yet buried does not. */
export function isAlive(id: number): boolean {
  return /^\d+ \(.*\) [^ZX]/s.test(statOf(String(id)));
}

function processes(): { id: number; parent: number; group: number }[] {
  const ids = existsSync("/proc/self/stat") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return ids.flatMap((id) => {
    const [, parent, group] = /^\d+ \(.*\) \w (\d+) (\d+)/s.exec(statOf(id)) ?? [];
    return parent === undefined ? [] : [{ id: Number(id), parent: Number(parent), group: Number(group) }];
  });
}

function statOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/stat`, "utf8");
  } catch {
    // Gone in the meantime.
    return "";
  }
}
