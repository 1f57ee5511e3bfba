import { bindingsIn } from "../bindings.ts";
import type { SessionContext } from "../sandbox.ts";

/** A context under the name that a citation has for it. */
export interface Source {
  name: string;
  context: SessionContext;
}

/** The contexts of a session, each under the first name that is its alone in a run. */
export function sourcesIn(contexts: readonly SessionContext[], run: number): Source[] {
  const bindings = bindingsIn(contexts, run);
  return contexts.flatMap((context, index) => {
    const name = bindings.find(({ contexts: of }) => of.length === 1 && of[0] === index)?.name;
    return name === undefined ? [] : [{ name, context }];
  });
}
