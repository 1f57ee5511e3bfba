import { InputError, memoryStore, storeContexts, type ContextInput } from "rlm-core";
import { contextLine, type TrajectoryRun } from "rlm-core/trajectory";
import { readArguments } from "../context/context-arguments.ts";
import { number } from "../live-tree/words.ts";
import { plainLine } from "../plain-text.ts";

/** What `--context` says, in the order of the run's variables. Throws InputError where it says other variables than the run had. */
export async function argumentsFor(root: TrajectoryRun, given: readonly string[], cwd: string): Promise<string[]> {
  const read = await readArguments(given, cwd);
  const placed = given.map((argument, at) => ({ argument, name: read[at]?.name ?? "" }));
  const wanted = root.start.contexts.map(({ name }) => name);
  const names = new Set(placed.map(({ name }) => name));
  if (names.size !== wanted.length || !wanted.every((name) => names.has(name)))
    throw new InputError(
      `Cannot use the context ${plainLine([...names].join(", "), 100)}: the run had other variables (name=PATH gives one); it had\n  ${contextsInWords(root)}`,
    );
  return placed.toSorted((a, b) => wanted.indexOf(a.name) - wanted.indexOf(b.name)).map(({ argument }) => argument);
}

/** The contexts that a run had, for whoever has to give them again. */
export function contextsInWords({ start }: TrajectoryRun): string {
  return start.contexts
    .map(
      ({ name, kind, length, hash }) =>
        `${plainLine(name, 40)}: ${kind === "string" ? "a text" : `an ${kind}`} of ${number(length)} characters (${plainLine(hash, 100)})`,
    )
    .join("\n  ");
}

/** What is wrong with a context, if it is not the one that the run had. */
export async function otherContext(
  given: ContextInput,
  root: TrajectoryRun,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const { name, length, hash } of (await storeContexts(given, memoryStore(), signal)).map(contextLine)) {
    const had = root.start.contexts.find((one) => one.name === name);
    if (had === undefined || had.hash === hash) continue;
    const paths = had.kind === "object" ? " Of a folder or a glob the paths count too, from where rlm runs." : "";
    return `Cannot use another context than the run had: ${plainLine(name, 40)} had ${number(had.length)} characters (${plainLine(had.hash, 100)}), the one given has ${number(length)} (${hash}); was the file changed?${paths}`;
  }
  return undefined;
}
