import type { ChildProcess } from "node:child_process";

// One list for the whole program: whatever ends it in an orderly way leaves no child. Where it is killed,
// the children see their pipe end, and a computing one is ended by the kernel (the layer dies-with-parent).
const living = new Set<ChildProcess>();

/** Kills the process when this one exits. */
export function killAtExit(child: ChildProcess): void {
  if (living.size === 0) process.on("exit", killAll);
  living.add(child);
  child.once("exit", () => {
    living.delete(child);
    if (living.size === 0) process.off("exit", killAll);
  });
}

function killAll(): void {
  for (const child of living) child.kill("SIGKILL");
}
