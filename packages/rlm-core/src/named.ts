import { InputError } from "./errors.ts";
import type { FileContext } from "./file.ts";
import { reservedNames } from "./reserved-names.ts";

/** One context: a text, an array or a plain object (both become JSON), or {@link FileContext}. */
export type SingleContext = string | readonly unknown[] | object | FileContext;

// Registered, so that a second copy of this package knows it too.
const brand: unique symbol = Symbol.for("rlm-core/named");

/** Several contexts, each a variable of its own in the REPL. */
export interface NamedContexts {
  readonly contexts: Readonly<Record<string, SingleContext>>;
  readonly [brand]: true;
}

/**
 * Gives several contexts, each under its name: `named({ logs: file("app.log"), rules: "…" })`. A plain object without it is one JSON context.
 * Throws {@link InputError} for a name that is no identifier or already means something in the REPL.
 */
export function named(contexts: Readonly<Record<string, SingleContext>>): NamedContexts {
  if (typeof contexts !== "object" || contexts === null || Array.isArray(contexts))
    throw new InputError(
      `Expected named() to get an object of contexts, got ${Array.isArray(contexts) ? "an array" : String(contexts)}`,
    );
  const names = Object.keys(contexts);
  if (names.length === 0) throw new InputError("Expected named() to get at least one context, got an empty object");
  for (const name of names) checkName(name);
  return { contexts: { ...contexts }, [brand]: true };
}

export function isNamed(value: unknown): value is NamedContexts {
  return typeof value === "object" && value !== null && brand in value;
}

function checkName(name: string): void {
  const shown = JSON.stringify(name);
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name))
    throw new InputError(
      `Cannot name a context ${shown}: it becomes a variable, so use letters, digits and _ and begin with a letter`,
    );
  if (name.length > 100) throw new InputError(`Cannot name a context ${shown}: use at most 100 characters`);
  if (name.startsWith("__") || reservedNames.has(name))
    throw new InputError(
      `Cannot name a context ${shown}: the name is taken in the REPL; choose another, such as ${JSON.stringify(`${name.replace(/^_+/, "")}_text`)}`,
    );
}
