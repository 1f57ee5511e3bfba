import { InputError, type Limits } from "rlm-core";

/** Limits that what code printed and gave depends on: where some has run, a replay needs those that it had. */
export const lasting = ["promptChars", "outputChars", "answerChars"] as const satisfies (keyof Limits)[];

// In another depth calls would open children that were plain calls, or the other way round.
const ofRun = [...lasting, "depth"] as const;

/** Those of the limits with which a run began that it keeps, whatever the options are by the time that it goes on. */
export function limitsOfRun(limits: Partial<Limits> = {}): Partial<Limits> {
  return pick(limits, ofRun);
}

/** Of the limits in which a run's REPL differs from the options, those that its next run has to have too. */
export function lastingLimits(limits: Partial<Limits> = {}): Partial<Limits> | undefined {
  const picked = pick(limits, lasting);
  return Object.keys(picked).length === 0 ? undefined : picked;
}

function pick(limits: Partial<Limits>, names: readonly (keyof Limits)[]): Partial<Limits> {
  const known = names.flatMap((name) => (limits[name] === undefined ? [] : [[name, limits[name]]]));
  return Object.fromEntries(known) as Partial<Limits>;
}

/** What one invocation changes of limits, on a thread that had a run. Throws InputError for one that its REPL depends on. */
export function checkLasting(
  changed: Partial<Limits> | undefined,
  before: { limits?: Partial<Limits> } | undefined,
): void {
  if (changed === undefined || before === undefined) return;
  const name = lasting.find((one) => changed[one] !== undefined && changed[one] !== before.limits?.[one]);
  if (name !== undefined)
    throw new InputError(
      `Cannot change limits.${name} on this thread: its REPL lives on, and what code did there under the limit that it had would not happen again; ask on another thread`,
    );
}
