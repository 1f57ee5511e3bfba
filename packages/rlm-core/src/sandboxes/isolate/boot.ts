import { startChild, type Child } from "../../confined/child-process.ts";
import type { Entry } from "./entry.ts";
import { confine, seal, type Tools } from "../../confined/layers.ts";

export interface BootOptions {
  execPath: string;
  entry: Entry;
  tools: Tools;
  /** What the kernel lets the process have. */
  dataMb: number;
  /** Open files that it inherits. @default [] */
  fds?: readonly number[] | undefined;
}

/** Starts a process with all the confinement that this system has. */
export function boot({ execPath, entry, tools, dataMb, fds = [] }: BootOptions): Child {
  const node = [execPath, ...nodeFlags, ...entry.readable.map((path) => `--allow-fs-read=${path}`), entry.file];
  return startChild(confine(tools, dataMb, node), {
    dataMb,
    fds,
    detached: tools.ownProcesses === true,
    seal: (pid) => seal(tools, pid),
  });
}

// Compiled code needs another amount of stack, so where a recursion ends depends on when it is compiled: that has to follow
// from what the code did, not from how busy another thread is.
const replayFlags = ["--no-concurrent-recompilation"];
const nodeFlags = ["--no-node-snapshot", "--no-warnings", "--permission", "--allow-addons", ...replayFlags];
