import { contextDifference } from "../context-difference.ts";
import type { ContextRef } from "../context.ts";
import { InputError } from "../errors.ts";
import { canonicalJson } from "../hash.ts";
import { resolveLimits, type Limits } from "../limits.ts";
import type { ResolvedOptions } from "../options.ts";
import { toolsAt } from "../queries/call-tool.ts";
import type { Trajectory, TrajectoryRun } from "../read-trajectory.ts";
import { kitSource } from "../kit-source.ts";
import { isKit } from "../tool.ts";

type Start = TrajectoryRun["start"];

/** The recorded limits with those given: what bounds the REPL has to stay, for a replay would come to something else. */
export function limitsOf({ limits, repl }: Pick<Start, "limits" | "repl">, given?: Partial<Limits>): Partial<Limits> {
  resolveLimits(given);
  const recorded = Object.fromEntries(
    Object.entries({ ...limits, ...repl.limits }).map(([name, value]) => [name, value ?? Infinity]),
  );
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === undefined) continue;
    // With another depth calls would open children that were plain calls, or the other way round.
    const isFixed = name in repl.limits || (name === "depth" && limits?.depth !== undefined);
    if (isFixed && value !== recorded[name])
      throw new InputError(
        `Cannot resume: limits.${name} was ${recorded[name]} in the run, got ${value}; leave it out`,
      );
    recorded[name] = value;
  }
  return recorded;
}

/** Throws {@link InputError} where the code would find another REPL than it had: its tools, kits or queries. */
export function checkRepl({ runs }: Trajectory, { tools, limits }: Pick<ResolvedOptions, "tools" | "limits">): void {
  for (const { start } of runs.values()) {
    const { repl, depth } = start;
    const given = toolsAt(depth, tools).map(({ name }) => name);
    compare("tools", repl.tools.toSorted(), given.toSorted(), (names) => names.join(", "));
    const kits = tools.filter(isKit).map(kitSource);
    compare("kits", sorted(repl.kits), sorted(kits), (all) => all.map(kitWords).join(", "));
    if (repl.queries !== limits.depth > depth)
      throw new InputError(
        `Cannot resume: the code at depth ${depth} ${repl.queries ? "could" : "could not"} ask models, and with limits.depth ${limits.depth} it ${repl.queries ? "cannot" : "could"}`,
      );
  }
}

/** Throws {@link InputError} that names the first context that is not what the run had. */
export function checkContexts({ contexts }: Pick<Start, "contexts">, given: readonly ContextRef[]): void {
  const difference = contextDifference(contexts, given);
  if (difference !== undefined) throw new InputError(`Cannot resume the run: ${difference}`);
}

type KitList = Start["repl"]["kits"];

function compare<T extends readonly unknown[]>(what: string, then: T, now: T, words: (all: T) => string): void {
  if (canonicalJson(then) === canonicalJson(now)) return;
  const state = (all: T): string => (all.length === 0 ? "none" : words(all));
  throw new InputError(`Cannot resume: the ${what} of the run were ${state(then)}; got ${state(now)}`);
}

function sorted(kits: KitList): KitList {
  return kits.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

// Two versions of a kit may have the same names.
function kitWords({ name, functions, libraries = {} }: KitList[number]): string {
  const source = canonicalJson(functions);
  const hashes = Object.entries(libraries).map(([library, hash]) => `; library ${library} ${hash.slice(0, 12)}`);
  return `${name} (${Object.keys(functions).join(", ")}; ${source.length} characters of source${hashes.join("")})`;
}
