import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";

const home = resolve(import.meta.dirname, "..");

export interface Started {
  pid: number;
  stdin: Writable;
  stdout: Readable;
  /** Of stdout and stderr, as they come. */
  lines: string[];
  ended: Promise<number | null>;
  /** Resolves when there is such a line. */
  line(text: string): Promise<void>;
}

/** A program of this repository as a process of its own, in a group of its own. Its stdin stays open. */
export function start(
  program: string,
  args: readonly string[],
  { cwd = home, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Started {
  const child = spawn(process.execPath, ["-C", "rlm-source", program, ...args], {
    cwd,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", ...env },
  });
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
  return { pid: child.pid ?? 0, stdin: child.stdin, stdout: child.stdout, lines, ended, line };
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

function processes(): { id: number; parent: number }[] {
  const ids = existsSync("/proc/self/stat") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return ids.flatMap((id) => {
    const parent = /^\d+ \(.*\) \w (\d+)/s.exec(statOf(id))?.[1];
    return parent === undefined ? [] : [{ id: Number(id), parent: Number(parent) }];
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

/** Whether it runs: one that is dead and not yet buried does not. */
export function isAlive(id: number): boolean {
  return /^\d+ \(.*\) [^ZX]/s.test(statOf(String(id)));
}
