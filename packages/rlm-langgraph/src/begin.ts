import { randomInt, randomUUID } from "node:crypto";
import type { Command, LangGraphRunnableConfig } from "@langchain/langgraph";
import { InputError, type ContextRef, type RunStore } from "rlm-core";
import { checkInput, initialState, nextStep } from "rlm-core/driver";
import { isContextRef } from "./context-ref.ts";
import { goOn, onSession } from "./graph-node.ts";
import type { Beginning, GraphSession, GraphValues, Origin } from "./graph-state.ts";
import type { LiveTrees } from "./live-trees.ts";
import { stateOf } from "./session-state.ts";
import { tellOrigin } from "./tell-origin.ts";

/** The first node: a session begins, whatever the thread held before. What it decides (id, seed, clock) a resume finds again. */
export function beginNode(trees: LiveTrees) {
  return async (values: GraphValues, config: LangGraphRunnableConfig): Promise<Command> => {
    const { query, context } = values;
    checkInput({ query, context });
    const contexts = checkRefs(context);
    const { origin, ...given } = values.beginning ?? rootBeginning();
    const overrides = { ...(given.limits && { limits: given.limits }), ...(origin && { spent: origin.usage }) };
    return await trees.within(
      given.rootId,
      async ({ tree }) => {
        const { depth, seed } = given;
        const responseFormat = depth === 0 ? tree.responseFormat : given.responseFormat;
        const { store } = tree;
        const shown = given.queryRef === undefined ? await shownQuery(query.trim(), store) : { query };
        const whole = given.queryRef === undefined ? query.trim() : await store.get(given.queryRef);
        const begun = initialState({ runId: given.id, query: whole, contexts, responseFormat, seed, depth }, tree);
        const { startedAt, versions } = begun;
        const queryRef = given.queryRef ?? shown.queryRef;
        const session: GraphSession = {
          ...given,
          ...(queryRef !== undefined && { queryRef }),
          ...(responseFormat && { responseFormat }),
          startedAt,
          versions,
        };
        const { usage, journal, limit, pending, results } = origin ?? { ...fresh, usage: begun.usage };
        const before = { session, usage, journal, query: shown.query, context: contexts };
        return await onSession(before, config, trees, async (run, live) => {
          if (origin !== undefined) await tellOrigin(origin, before, run, live);
          const state = await stateOf({ ...before, pending, limit }, live);
          const settled = hasResults(pending, results);
          const kept = { limit, pending, results: settled ? results : null, outcome: null, answer: null };
          const next = settled ? "execute" : nextStep(state, run.limits);
          return goOn(next, { ...before, pending }, { ...before, ...kept });
        });
      },
      overrides,
    );
  };
}

const fresh = { journal: null, limit: null, pending: [], results: {} } satisfies Omit<Origin, "runId" | "usage">;

/** Whether the children that the code waits for have all ended. */
function hasResults(pending: Origin["pending"], results: Origin["results"]): boolean {
  return pending.length > 0 && pending.every(({ id }) => id in results);
}

/** The query as a state shows it: a long one is cut, and kept whole in the store. */
export async function shownQuery(query: string, store: RunStore): Promise<{ query: string; queryRef?: string }> {
  if (query.length <= shownLength) return { query };
  return { query: `${query.slice(0, shownLength)}…`, queryRef: await store.put(query) };
}

const shownLength = 1_000;

function rootBeginning(): Beginning {
  const id = randomUUID();
  return { id, rootId: id, depth: 0, seed: randomInt(2 ** 32) };
}

function checkRefs(context: GraphValues["context"]): ContextRef[] {
  const refs = [context].flat();
  for (const ref of refs) {
    if (!isContextRef(ref))
      throw new InputError(
        `Expected the graph's context to be references that storeContexts() of rlm-core gave, got ${typeof ref === "string" ? `a text of ${(ref as string).length} characters` : typeof ref}; createRlm() takes texts`,
      );
  }
  if (refs.length === 0) throw new InputError("Expected the graph's context to be at least one reference, got none");
  return refs;
}
