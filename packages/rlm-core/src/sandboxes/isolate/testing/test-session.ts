import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { defaultLimits, type Limits } from "../../../limits.ts";
import type { JournalEvent } from "../../../journal.ts";
import type { Done, Progress, Session, SessionOptions, SubCall, SubResult } from "../../../sandbox.ts";
import { textRef } from "../../../text-ref.ts";
import { boot } from "../boot.ts";
import type { Child } from "../../../confined/child-process.ts";
import { childEntry } from "../entry.ts";
import { confinementTools } from "../../../confined/layers.ts";
import { createPool } from "../pool.ts";
import { endEvent } from "../replay.ts";
import { openSession } from "../session.ts";
import type { ChildScript } from "./scripted-child.ts";

/** A session's options over texts in memory, and a driver that keeps the journal as the loop would. */
export interface TestSession {
  options(more?: Partial<Omit<SessionOptions, "limits">> & { limits?: Partial<Limits> }): SessionOptions;
  /** The result of a call; its text can be read in a replay. */
  result(call: SubCall, text: string, ok?: boolean): SubResult;
  /** Runs a block to its end, answering each call by `answer`; what happened goes to `journal`. */
  drive(session: Session, code: string, answer?: (call: SubCall) => string | undefined): Promise<Done>;
  journal: JournalEvent[];
}

export function testSession(context: string, kind: "string" | "array" | "object" = "string"): TestSession {
  const texts = new Map([[textRef(context), context]]);
  const journal: JournalEvent[] = [];
  let delivery = 0;

  async function read(ref: string): Promise<string> {
    return texts.get(ref) ?? Promise.reject(new Error(`no text ${ref}`));
  }

  function result({ id, hash }: SubCall, text: string, ok = true): SubResult {
    const ref = textRef(text);
    texts.set(ref, text);
    return { id, hash, ok, value: { text, json: false }, ref };
  }

  return {
    journal,
    result,
    options: ({ limits, ...more } = {}) => ({
      contexts: [
        { name: "context", kind, length: context.length, ref: textRef(context), prefix: context.slice(0, 500) },
      ],
      read,
      async *stream(ref) {
        yield await read(ref);
      },
      seed: 1,
      queries: true,
      tools: [],
      kits: [],
      limits: { ...defaultLimits, ...limits },
      ...more,
    }),
    async drive(session, code, answer = (call) => `answer to ${call.prompt}`) {
      const clock = 1_000 * (1 + journal.length);
      journal.push({ type: "block", code, clock });
      let progress: Progress = await session.run({ code, clock });
      while (progress.kind === "waiting") {
        const results: SubResult[] = [];
        for (const call of progress.calls)
          journal.push({ type: "call", id: call.id, kind: call.kind, hash: call.hash });
        for (const call of session.last.outstanding) {
          const text = answer(call);
          if (text !== undefined) results.push(result(call, text));
        }
        for (const { id, hash, ok, ref, value } of results)
          journal.push({ type: "result", id, hash, ok, ref, json: value.json, delivery: ++delivery });
        progress = await session.resume(results);
      }
      journal.push(endEvent(progress));
      return progress;
    },
  };
}

/** Opens a session whose process does what its blocks and results say; see scripted-child.ts. */
export function openScripted(options: SessionOptions): Promise<Session> {
  return openPlayed(new URL("scripted-child.ts", import.meta.url), options);
}

/** Opens a session whose process is confined as every other and runs another program. */
export async function openPlayed(program: URL, options: SessionOptions): Promise<Session> {
  const { readable } = childEntry();
  const played = { readable: [...readable, sources], file: fileURLToPath(program) };
  const tools = await confinementTools();
  const start = (dataMb: number): Child => boot({ execPath: process.execPath, entry: played, tools, dataMb });
  return await openSession(createPool({ maxProcesses: 1, warm: 0, start }), options);
}

const sources = fileURLToPath(new URL("../../..", import.meta.url));

/** The block that makes such a process do this. */
export function script(steps: ChildScript): { code: string; clock: number } {
  return { code: JSON.stringify(steps), clock: 1 };
}

/** Process ids of this program's sandbox processes. */
export function sandboxPids(parent: number = process.pid): number[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,args="], { encoding: "utf8" }).split("\n");
  return rows.flatMap((row) => {
    const [, pid, ppid, command = ""] = /^\s*(\d+)\s+(\d+)\s+[^Z]\S*\s+(.*)$/.exec(row) ?? [];
    return Number(ppid) === parent && command.includes("/sandboxes/isolate/") ? [Number(pid)] : [];
  });
}

/** Whether there is a process of this id that has not ended; one that only waits to be fetched by its parent has. */
export function isRunning(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}

/** Waits for the end of a process; the test's own deadline is the limit. */
export async function ended(pid: number): Promise<void> {
  while (isRunning(pid)) await new Promise((resolve) => setImmediate(resolve));
}

/** Kills it as one that runs away would be, and waits until it is gone: what has forked to be confined outlives its parent for a moment, in which it could still take an input. */
export async function killChild(): Promise<void> {
  const pids = sandboxPids().flatMap((pid) => [pid, ...sandboxPids(pid)]);
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await Promise.all(pids.map(ended));
}
