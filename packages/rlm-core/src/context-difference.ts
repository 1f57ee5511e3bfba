import type { ContextRef } from "./context.ts";
import { contextLine } from "./trajectory-line-of.ts";
import type { ContextLine } from "./trajectory-lines.ts";

/** How contexts differ from those that a trajectory tells of, in words; undefined if they are the same. */
export function contextDifference(wanted: readonly ContextLine[], given: readonly ContextRef[]): string | undefined {
  const got = given.map(contextLine);
  for (const [index, then] of wanted.entries()) {
    const now = got[index];
    if (now !== undefined && fields.every((field) => now[field] === then[field])) continue;
    return `its context was ${described(then)}; got ${now === undefined ? "nothing" : described(now)}`;
  }
  const [more] = got.slice(wanted.length);
  return more === undefined ? undefined : `it had ${wanted.length} contexts; got one more, ${described(more)}`;
}

const fields = ["name", "kind", "length", "items", "hash"] as const;

function described({ name, kind, length, items, hash }: ContextLine): string {
  const parts = items === undefined ? "" : `, ${items} items`;
  return `"${name}", ${kind === "string" ? "a text" : `an ${kind}`} with ${length} characters${parts}, ${hash}`;
}
