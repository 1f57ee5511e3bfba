import { SandboxError } from "../../errors.ts";
import { ChildLost } from "./child-lost.ts";
import { startChild, type Child } from "./child-process.ts";
import type { Entry } from "./entry.ts";
import { record } from "./guards.ts";
import { confine, confinementTools } from "./layers.ts";

export interface BootOptions {
  execPath: string;
  entry: Entry;
  /** What the kernel lets the process have. */
  dataMb: number;
  /** Whether this program may end meanwhile. */
  background: boolean;
}

/** Starts a process with all the confinement that this system has; resolves when it has loaded everything that a session needs. */
export async function boot({ execPath, entry, dataMb, background }: BootOptions): Promise<Child> {
  const node = [execPath, ...nodeFlags, ...entry.readable.map((path) => `--allow-fs-read=${path}`), entry.file];
  const child = startChild(confine(await confinementTools(), dataMb, node), dataMb);
  try {
    await child.exchange((frame) => (record(frame, "a frame")["type"] === "ready" ? {} : undefined), { wallMs: bootMs, maxBytes: 1_000, background });
    return child;
  } catch (error) {
    await child.kill();
    throw error instanceof ChildLost ? new SandboxError(`Cannot start a sandbox process: ${error.message}`, { cause: error }) : error;
  }
}

const nodeFlags = ["--no-node-snapshot", "--no-warnings", "--permission", "--allow-addons"];
const bootMs = 30_000;
