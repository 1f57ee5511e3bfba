import type { Sandbox } from "./sandbox.ts";
import { isolate } from "./sandboxes/isolate/isolate.ts";

let shared: Sandbox | undefined;

/** The sandbox of runs that were given none: one a program, so that all share its processes. */
export function defaultSandbox(): Sandbox {
  return (shared ??= isolate());
}
