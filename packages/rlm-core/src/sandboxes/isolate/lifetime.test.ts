import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultLimits } from "../../limits.ts";
import { activeLayers } from "../../confined/layers.ts";
import { holdings, leftSince } from "./testing/leftovers.ts";
import { createScene } from "./testing/lifetime-scene.ts";
import { survivedEnds } from "./testing/survived-ends.ts";

const program = fileURLToPath(new URL("testing/lifetime-program.ts", import.meta.url));
const withBuiltChild = fileURLToPath(new URL("../../../../../scripts/with-built-child.ts", import.meta.url));
// The files of the tests are here, so that what lies in the folder for temporary files was left by the sandbox.
const folder = mkdtempSync(join(tmpdir(), "rlm-lifetime-"));
const temporary = mkdtempSync(join(folder, "temporary-"));
const { TMPDIR } = process.env;
const layer = (await activeLayers()).find(({ name }) => name === "dies-with-parent");

beforeAll(() => {
  process.env["TMPDIR"] = temporary;
});
afterAll(() => {
  if (TMPDIR === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = TMPDIR;
  rmSync(folder, { recursive: true });
});

const states = [
  "it waits",
  "its code computes",
  "its regular expression computes",
  "a context is handed over",
  "a process boots",
];

describe("isolate() leaves no process, descriptor, file, timer or listener after", () => {
  // What a first session loads, probes and opens for good is not left over.
  beforeAll(() => runEnd("success"));

  it.each(Object.keys(survivedEnds))("%s", async (name) => {
    const before = holdings();
    await runEnd(name);
    expect(await leftSince(before)).toEqual([]);
  });
});

async function runEnd(name: string): Promise<void> {
  const scene = await createScene(folder);
  try {
    await survivedEnds[name]?.(scene);
  } finally {
    scene.remove();
  }
}

describe("a program with a sandbox leaves no process and no file", () => {
  it.each([
    ["it waits", "by itself", 0],
    ["it waits", "by process.exit", 0],
    ["it waits", "by an error", 1],
    ["its code computes", "by process.exit", 0],
    ["its code computes", "by an error", 1],
    ["its code computes", "by a rejection that nobody handles", 1],
    ["its regular expression computes", "by process.exit", 0],
    ["a context is handed over", "by process.exit", 0],
    ["a process boots", "by process.exit", 0],
  ])("where, while %s, it ends %s", async (state, end, expected) => {
    const { pids, code } = await run(state, end);
    expect(code).toBe(expected);
    expect(pids.length).toBeGreaterThan(0);
  });

  it("and ends by itself after all that its sessions survive or not", async () => {
    expect(await run("all was done before", "by itself")).toMatchObject({ code: 0, pids: [] });
  });

  it.for(
    states.flatMap((state) => (["SIGINT", "SIGTERM", "SIGKILL"] as const).map((signal) => [state, signal] as const)),
  )("where, while %s, it ends by %s", async ([state, signal], { skip }) => {
    const isLeftToItself = state.endsWith("computes") && layer?.active !== true;
    if (isLeftToItself && signal === "SIGKILL") skip(`${layer?.without}; ${layer?.remedy}`);
    const { pids, code, lastsMs } = await run(state, "by a signal", signal);
    expect(code).toBe(null);
    expect(pids.length).toBeGreaterThan(0);
    // Where the kernel ends it, long before its own time is up.
    expect(lastsMs).toBeLessThan(isLeftToItself ? 2 * defaultLimits.computeMs : defaultLimits.computeMs / 10);
  });

  it("where a worker with a sandbox that computes is terminated", async ({ skip }) => {
    if (layer?.active !== true) skip(`${layer?.without}; ${layer?.remedy}`);
    expect(await run("a worker's sandbox computes", "by itself")).toMatchObject({ code: 0 });
  });
});

/** Runs the program to its end and waits until nothing is left of it: the processes that it told, and how long they lived on. */
async function run(
  state: string,
  end: string,
  signal?: NodeJS.Signals,
): Promise<{ pids: number[]; code: number | null; lastsMs: number }> {
  const own = mkdtempSync(join(folder, "own-"));
  // In a group of its own; a sandbox process is in it, or in one of its own with what that has forked.
  const child = spawn(process.execPath, ["--import", withBuiltChild, program, own, state, end], {
    detached: true,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(child, "exit");
  let pids: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    pids = JSON.parse(line) as number[];
    if (signal !== undefined) child.kill(signal);
  }
  const [code] = (await exited) as [number | null];
  const begin = performance.now();
  // The test's own deadline is the limit.
  while ([child.pid ?? 0, ...pids].some((group) => groupOf(group).length > 0)) await setImmediate();
  const lastsMs = performance.now() - begin;
  expect(readdirSync(temporary)).toEqual([]);
  return { pids, code, lastsMs };
}

/** Processes of a group that have not ended; one that only waits to be fetched by its parent has. */
function groupOf(group: number): number[] {
  const rows = execFileSync("ps", ["-A", "-o", "pgid=,pid=,stat="], { encoding: "utf8" }).split("\n");
  return rows.flatMap((row) => {
    const [pgid, pid, stat = "Z"] = row.trim().split(/\s+/);
    return Number(pgid) === group && !stat.startsWith("Z") ? [Number(pid)] : [];
  });
}
