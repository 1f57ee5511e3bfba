import { execFileSync } from "node:child_process";
import { InputError, SandboxError } from "../../errors.ts";
import type { ContextRef } from "../../context.ts";
import type { Sandbox, SessionOptions } from "../../sandbox.ts";
import { boot } from "./boot.ts";
import { childEntry, type Entry } from "./entry.ts";
import { activeLayers, confinementTools, layerNames, type LayerName, type Tools } from "../../confined/layers.ts";
import { createPool } from "./pool.ts";
import { maxContextChars } from "./hand-over.ts";
import { openSession } from "./session.ts";

export interface IsolateOptions {
  /** Processes at once; a session that only waits gives its own up to one that computes, and is rebuilt. @default 8 */
  maxProcesses?: number;
  /** Processes booted ahead, so that a session starts in a few ms; none before the first session. @default 1 */
  warm?: number;
  /** Layers of confinement without which no session opens; see `activeLayers`. @default [] */
  require?: readonly LayerName[];
  /** The Node of the processes, 24 or later. @default process.execPath */
  execPath?: string;
}

/**
 * The sandbox: one confined child process a session, and in it one V8 isolate with nothing but the REPL.
 * Throws {@link InputError} for options that cannot be used; `open` throws {@link SandboxError} where a required layer is missing.
 */
export function isolate(options: IsolateOptions = {}): Sandbox {
  checkOptions(options);
  const { maxProcesses = 8, warm = 1, require = [], execPath = process.execPath } = options;
  let entry: Entry | undefined;
  let tools: Tools = {};
  let v8: string | undefined;

  const pool = createPool({
    maxProcesses,
    warm,
    start: (dataMb, fds) => boot({ execPath, entry: (entry ??= childEntry()), tools, dataMb, fds }),
  });

  return {
    get v8() {
      return (v8 ??= execPath === process.execPath ? process.versions.v8 : askV8(execPath));
    },
    async open(session: SessionOptions) {
      session.signal?.throwIfAborted();
      for (const context of session.contexts) checkLength(context);
      tools = await confinementTools();
      await checkLayers(require);
      return await openSession(pool, session);
    },
    close: () => pool.close(),
  };
}

const askMs = 10_000;
const optionNames = ["maxProcesses", "warm", "require", "execPath"];

function checkOptions(options: IsolateOptions): void {
  for (const name of Object.keys(options)) {
    if (!optionNames.includes(name))
      throw new InputError(`Unknown option "${name}" of isolate(): expected one of ${optionNames.join(", ")}`);
  }
  const { maxProcesses = 8, warm = 1, require = [], execPath = process.execPath } = options;
  if (!Number.isSafeInteger(maxProcesses) || maxProcesses < 1)
    throw new InputError(`Expected maxProcesses to be an integer of 1 or more, got ${String(maxProcesses)}`);
  if (!Number.isSafeInteger(warm) || warm < 0)
    throw new InputError(`Expected warm to be an integer of 0 or more, got ${String(warm)}`);
  if (typeof execPath !== "string" || execPath === "")
    throw new InputError(`Expected execPath to be the path of a Node, got ${JSON.stringify(execPath)}`);
  const unknown = Array.isArray(require) ? require.find((name) => !layerNames.includes(name)) : String(require);
  if (unknown !== undefined)
    throw new InputError(`Expected require to be a list of ${layerNames.join(", ")}, got ${JSON.stringify(unknown)}`);
}

function checkLength({ name, length, paged }: ContextRef): void {
  if (paged === true || length <= maxContextChars) return;
  throw new InputError(
    `Cannot open a session: context "${name}" has ${length.toLocaleString("en-US")} characters, and a string here holds ${maxContextChars.toLocaleString("en-US")}. ` +
      "Write it to a file and pass file(path), of which the code gets a LongText; or cut it into several named contexts, each below that (an array counts as one string too).",
  );
}

async function checkLayers(required: readonly LayerName[]): Promise<void> {
  if (required.length === 0) return;
  for (const { name, active, remedy } of await activeLayers()) {
    if (!active && required.includes(name))
      throw new SandboxError(`Cannot open a session: the required layer "${name}" is missing here; ${remedy}`);
  }
}

function askV8(execPath: string): string {
  try {
    return execFileSync(execPath, ["-p", "process.versions.v8"], { encoding: "utf8", timeout: askMs }).trim();
  } catch (cause) {
    throw new SandboxError(`Cannot ask ${execPath} for its V8 version: it does not run as a Node`, { cause });
  }
}
