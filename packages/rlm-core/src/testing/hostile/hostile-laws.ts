import type { SandboxLaw } from "../laws/law.ts";
import { contain } from "./contain.ts";
import { hostilePrograms } from "./hostile-programs.ts";

/** The containment of each of {@link hostilePrograms}, in the form of `sandboxLaws`. Each takes a few seconds at most; run them one after another. */
export const hostileLaws: readonly SandboxLaw[] = hostilePrograms.map((program) => ({
  name: `contains ${program.family}: ${program.name}`,
  holds: (open) => contain(program, open),
}));
