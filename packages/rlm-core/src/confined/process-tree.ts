import { readFileSync } from "node:fs";

/** The processes that a process has started and that have not ended, as the kernel counts them; none where there is no /proc for that. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
