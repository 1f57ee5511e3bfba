import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";

/** A disk of 4 MB, in memory, at a path; undefined where this user may not mount one. */
export function mountDisk(path: string): { path: string; unmount(): void } | undefined {
  mkdirSync(path);
  if (process.getuid?.() !== 0) return undefined;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "rlm-test", path], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return { path, unmount: () => void execFileSync("umount", [path]) };
}
