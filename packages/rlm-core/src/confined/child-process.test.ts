import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startChild } from "./child-process.ts";
import { childrenOf } from "./process-tree.ts";

// Confined, a child is a program that forks; killed just then it leaves a process that is not bound to it yet.
const forks = "cat <&3 >/dev/null & exec tail -f /dev/null";

describe.runIf(process.platform === "linux")("startChild()", () => {
  it("kill() ends what the process had forked too, which waits at the pipe", async () => {
    const options = { dataMb: 100, fds: [], detached: false, seal: async () => {} };
    const child = startChild(["/bin/sh", "-c", forks], options);
    await expect.poll(() => childrenOf(child.pid)).toHaveLength(1);
    const [forked = 0] = childrenOf(child.pid);
    await child.kill();
    await expect(child.ready()).rejects.toMatchObject({ how: "exit" });
    expect(hasEnded(forked)).toBe(true);
  });
});

/** Dead, and perhaps not buried yet. */
function hasEnded(pid: number): boolean {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return true;
  }
}
