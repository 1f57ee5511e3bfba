import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { defaultLimits } from "../../limits.ts";
import { activeLayers } from "./layers.ts";
import { isRunning } from "./testing/test-session.ts";

const program = fileURLToPath(new URL("testing/lifetime-program.ts", import.meta.url));

/** Runs the program to its end; the processes that it told, and when to kill it. */
async function run(
  how: string,
  kill?: { signal: NodeJS.Signals; afterLines: number },
): Promise<{ pids: number[]; code: number | null }> {
  const child = spawn(process.execPath, [program, how], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "exit");
  const pids: number[] = [];
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    pids.push(...(JSON.parse(line) as number[]));
    if (kill !== undefined && ++lines === kill.afterLines) child.kill(kill.signal);
  }
  const [code] = (await ended) as [number | null];
  return { pids, code };
}

/** Waits until none of the processes is there; the test's own deadline is the limit. */
async function ended(pids: number[]): Promise<void> {
  while (pids.some(isRunning)) await new Promise((resolve) => setImmediate(resolve));
}

describe("a program with a sandbox", async () => {
  it.each([
    ["by itself", 0],
    ["by process.exit", 0],
    ["by an error", 1],
  ])("that ends %s, without close(), leaves no process", async (how, expected) => {
    const { pids, code } = await run(how);
    expect(code).toBe(expected);
    expect(pids.length).toBeGreaterThan(0);
    await ended(pids);
  });

  it.each([
    ["by a signal while it waits", "SIGTERM", 1],
    ["by a signal while it waits", "SIGKILL", 1],
    ["by a signal while its code computes", "SIGTERM", 2],
  ] as const)("that ends %s (%s) leaves no process", async (how, signal, afterLines) => {
    const { pids } = await run(how, { signal, afterLines });
    expect(pids.length).toBeGreaterThan(0);
    await ended(pids);
  });

  const layer = (await activeLayers()).find(({ name }) => name === "dies-with-parent");
  it.runIf(layer?.active)(
    "that is killed while its code computes leaves no process: the kernel ends it, long before its time is up",
    async () => {
      const { pids } = await run("by a signal while its code computes", { signal: "SIGKILL", afterLines: 2 });
      const begin = performance.now();
      await ended(pids);
      expect(performance.now() - begin).toBeLessThan(defaultLimits.computeMs / 3);
    },
  );
});
