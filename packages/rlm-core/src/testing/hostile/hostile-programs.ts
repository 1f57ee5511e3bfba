import { blocking } from "./blocking.ts";
import { context } from "./context.ts";
import { escapes } from "./escapes.ts";
import { floods } from "./floods.ts";
import { loops } from "./loops.ts";
import { memory } from "./memory.ts";
import type { HostileProgram } from "./program.ts";
import { tampering } from "./tampering.ts";

/** Programs that every {@link Sandbox} has to contain; see `contain`. Their names are unique. */
export const hostilePrograms: readonly HostileProgram[] = [
  ...loops,
  ...memory,
  ...floods,
  ...escapes,
  ...tampering,
  ...blocking,
  ...context,
];
