/** A name that contexts have in the REPL. */
export interface Binding {
  name: string;
  /** Which contexts, by index: of several the value is an object of them by their own names. */
  contexts: number[];
  /** Whether it is a context's own name, and not one with the number of a run. */
  own: boolean;
}

/**
 * The names that a session's contexts have in one of its runs: each its own, of which the newest run's go first; `context`,
 * what the newest run with contexts brought; and in a further run `context_0`, `context_1`, … and `name_0`, …, by the run
 * that brought them. A name that a user gave is never taken by a number.
 */
export function bindingsIn(contexts: readonly { name: string; run?: number }[], run: number): Binding[] {
  const runs = Array.from({ length: run + 1 }, (_, number) =>
    [...contexts.keys()].filter((index) => (contexts[index]?.run ?? 0) === number),
  );
  const nameOf = (index: number): string => contexts[index]?.name ?? "";
  const whole = (of: number[]): number[] => {
    const own = of.find((index) => nameOf(index) === "context");
    return own === undefined ? of : [own];
  };
  const own = new Map(runs.flat().map((index) => [nameOf(index), [index]]));
  own.set("context", whole(runs.findLast((of) => of.length > 0) ?? []));
  const numbered = new Map<string, number[]>();
  for (const [number, of] of run === 0 ? [] : runs.entries()) {
    if (of.length === 0) continue;
    for (const index of of) numbered.set(`${nameOf(index)}_${number}`, [index]);
    numbered.set(`context_${number}`, whole(of));
  }
  return [
    ...[...own].map(([name, of]) => ({ name, contexts: of, own: true })),
    ...[...numbered].filter(([name]) => !own.has(name)).map(([name, of]) => ({ name, contexts: of, own: false })),
  ];
}
