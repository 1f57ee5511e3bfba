import type { Choices } from "./choices.ts";

/** What a name of the program is good for. */
export interface Name {
  name: string;
  kind: "value" | "function" | "async" | "generator" | "class";
  /** Whether it may be assigned. */
  mutable: boolean;
}

/** A place in a program: what can be read there, and what may stand there. */
export interface Scope {
  outer: Scope | undefined;
  names: Name[];
  /** Whether `var` ends here: a function, or the script. */
  holdsVars: boolean;
  canAwait: boolean;
  /** Whether a `continue` or `break` may stand here. */
  inLoop: boolean;
  /** Numbers names, so that none is declared twice. */
  count: { next: number };
}

/** `first`: the number of its first name. */
export function scriptScope(first: number): Scope {
  const count = { next: first };
  return { outer: undefined, names: [], holdsVars: true, canAwait: true, inLoop: false, count };
}

export function innerScope(outer: Scope, change: Partial<Scope> = {}): Scope {
  return { ...outer, holdsVars: false, ...change, outer, names: [] };
}

/** The scope of a function's body: what is assigned there may run later or never, so it only reads. */
export function functionScope(outer: Scope, canAwait: boolean): Scope {
  return innerScope(outer, { holdsVars: true, canAwait, inLoop: false });
}

export function visible(scope: Scope | undefined, fits: (name: Name) => boolean): Name[] {
  return scope === undefined ? [] : [...visible(scope.outer, fits), ...scope.names.filter(fits)];
}

export function fresh(scope: Scope, letter: string): string {
  return `${letter}${scope.count.next++}`;
}

/** Declares a name where `var` would: in the function or the script. */
export function addVar(scope: Scope, name: Name): void {
  if (scope.holdsVars || scope.outer === undefined) scope.names.push(name);
  else addVar(scope.outer, name);
}

export function pickName(choices: Choices, names: readonly Name[]): string | undefined {
  return names.length === 0 ? undefined : names[choices.below(names.length)]?.name;
}
