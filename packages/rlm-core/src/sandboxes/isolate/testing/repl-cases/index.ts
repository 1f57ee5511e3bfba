import { awaits } from "./awaits.ts";
import { classes } from "./classes.ts";
import { declarations } from "./declarations.ts";
import { errors } from "./errors.ts";
import { flow } from "./flow.ts";
import { functions } from "./functions.ts";
import type { ReplCases } from "./repl-case.ts";
import { scope } from "./scope.ts";
import { text } from "./text.ts";
import { typescript } from "./typescript.ts";
import { values } from "./values.ts";

/** What a REPL is expected to do, by subject. */
export const replCases: Readonly<Record<string, ReplCases>> = {
  declarations,
  functions,
  classes,
  flow,
  values,
  awaits,
  typescript,
  text,
  errors,
  scope,
};
