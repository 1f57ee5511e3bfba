import { bindingsIn } from "./bindings.ts";
import { contextContent } from "./file-ref.ts";
import { canonicalJson } from "./hash.ts";
import type { ContextRef } from "./context.ts";
import type { SessionContext } from "./sandbox.ts";
import type { RlmState } from "./state.ts";
import { newestTask } from "./turns.ts";

/** The contexts of all runs of a session, each with the run that brought it. */
export function sessionContexts(state: Pick<RlmState, "task" | "earlier" | "journal">): SessionContext[] {
  const brought = [...(state.earlier ?? []).map(({ contexts }) => contexts), broughtBy(state)];
  return brought.flatMap((contexts, run) => contexts.map((context) => (run === 0 ? context : { ...context, run })));
}

/** The contexts of earlier runs that the newest one does not find under their own names, named as it finds them. */
export function earlierContexts(state: Pick<RlmState, "task" | "earlier" | "journal">): ContextRef[] {
  const contexts = sessionContexts(state);
  const newest = contexts.at(-1)?.run ?? 0;
  const names = bindingsIn(contexts, state.earlier?.length ?? 0).filter(({ own }) => !own);
  return contexts.flatMap(({ run = 0, ...context }, index) => {
    const name = names.find(({ contexts: of }) => of.length === 1 && of[0] === index)?.name;
    return run === newest || name === undefined ? [] : [{ ...context, name }];
  });
}

/** The contexts that the newest run brought: none where it goes on with those that were there. */
export function broughtBy({ task, journal }: Pick<RlmState, "task" | "journal">): readonly ContextRef[] {
  return newestTask(journal)?.contexts.length === 0 ? [] : task.contexts;
}

/** Whether contexts are those that a run has already: the same texts under the same names. */
export function sameContexts(given: readonly ContextRef[], there: readonly ContextRef[]): boolean {
  return canonicalJson(given.map(contextContent)) === canonicalJson(there.map(contextContent));
}
