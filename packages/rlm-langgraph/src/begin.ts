import { randomInt, randomUUID } from "node:crypto";
import type { Command, LangGraphRunnableConfig } from "@langchain/langgraph";
import { InputError, type ContextRef, type RunStore } from "rlm-core";
import { checkInput, initialState, nextStep } from "rlm-core/driver";
import { putTasks, readTasks, type AskedTask } from "./asked-tasks.ts";
import { beginFurther, sessionBefore } from "./begin-further.ts";
import { configuredBy } from "./configured.ts";
import { isContextRef } from "./context-ref.ts";
import { checkLasting, lastingLimits, limitsOfRun } from "./lasting-limits.ts";
import { goOn, onSession } from "./graph-node.ts";
import type { Beginning, GraphSession, GraphValues, Origin } from "./graph-state.ts";
import type { LiveTrees } from "./live-trees.ts";
import { stateOf } from "./session-state.ts";
import { tellOrigin } from "./tell-origin.ts";

/** The first node: a session begins; on a thread that had a run, in the REPL that it left. What it decides (id, seed, clock) a resume finds again. */
export function beginNode(trees: LiveTrees) {
  return async (values: GraphValues, config: LangGraphRunnableConfig): Promise<Command> => {
    const { query, context } = values;
    checkInput({ query, context });
    const beginning = beginningOf(values);
    const { origin, ...own } = beginning;
    const sessionThere = origin === undefined ? sessionBefore(values, own) : undefined;
    const { limits: changed, ...models } = configuredBy(config);
    if (own.limits === undefined) checkLasting(changed, sessionThere);
    const kept = own.limits ?? lastingLimits(sessionThere?.limits);
    const limits = own.depth === 0 && changed !== undefined ? { ...kept, ...changed } : kept;
    const contexts = checkRefs(context);
    const overrides = {
      ...models,
      limits: { ...limits, ...own.ranUnder },
      ...(origin && { spent: origin.usage }),
    };
    return await trees.within(
      own.rootId,
      async ({ tree }) => {
        const given = { ...own, ...(limits && { limits }), ranUnder: limitsOfRun(tree.limits) };
        const { depth, seed } = given;
        const responseFormat = depth === 0 ? tree.responseFormat : given.responseFormat;
        const cite = depth === 0 && tree.cite ? (true as const) : undefined;
        const { store } = tree;
        const shown = given.queryRef === undefined ? await shownQuery(query.trim(), store) : { query };
        const whole = given.queryRef === undefined ? query.trim() : await store.get(given.queryRef);
        const queryRef = given.queryRef ?? shown.queryRef;
        if (sessionThere !== undefined) {
          const further = {
            given,
            before: sessionThere,
            query: shown.query,
            queryRef,
            whole,
            contexts,
            responseFormat,
            cite,
          };
          return await beginFurther(further, values, config, trees);
        }
        const begun = initialState(
          { runId: given.id, query: whole, contexts, responseFormat, cite, seed, depth },
          tree,
        );
        const { startedAt, versions } = begun;
        const form = { ...(responseFormat && { responseFormat }), ...(cite && { cite }) };
        const task = { query: shown.query, contexts, ...form };
        const asked = await askedOf(origin && values.session, task, config, store);
        const session: GraphSession = {
          ...given,
          ...(queryRef !== undefined && { queryRef }),
          ...form,
          ...(depth === 0 && asked !== undefined && { asked }),
          startedAt,
          versions,
        };
        const { usage, journal, limit, pending, results } = origin ?? { ...fresh, usage: begun.usage };
        const before = { session, usage, journal, query: shown.query, context: contexts };
        return await onSession(before, config, trees, async (run, live) => {
          if (origin !== undefined) await tellOrigin(origin, before, run, live);
          const state = await stateOf({ ...before, pending, limit }, live);
          const missing = pending.filter(({ id }) => !(id in results));
          // Of the checkpoint's own those may be that are asked again.
          const again = Object.fromEntries(missing.map(({ id }) => [id, null]));
          const kept = {
            limit,
            pending,
            reviews: null,
            results: pending.length > 0 ? { ...results, ...again } : null,
            outcome: null,
            answer: null,
            ...(values.cited && { cited: null }),
          };
          const settled = pending.length > 0 && missing.length === 0;
          const next = settled ? "execute" : nextStep(state, run.limits, run.review);
          return goOn(next, { ...before, pending: missing }, { ...before, ...kept, beginning });
        });
      },
      overrides,
    );
  };
}

const fresh = { journal: null, limit: null, pending: [], results: {} } satisfies Omit<Origin, "runId" | "usage">;

/** The query as a state shows it: a long one is cut, and kept whole in the store. */
export async function shownQuery(query: string, store: RunStore): Promise<{ query: string; queryRef?: string }> {
  if (query.length <= shownLength) return { query };
  return { query: `${query.slice(0, shownLength)}…`, queryRef: await store.put(query) };
}

const shownLength = 1_000;

/** What the input brings; that of an earlier run may still be in the state. */
function beginningOf({ beginning, session }: Partial<Pick<GraphValues, "beginning" | "session">>): Beginning {
  if (beginning !== undefined && beginning.id !== session?.id) return beginning;
  const id = randomUUID();
  return { id, rootId: id, depth: 0, seed: randomInt(2 ** 32) };
}

/** What the runs of a thread were asked, for the next of them: of a fork, those that it has in common with the run that it comes from. */
async function askedOf(
  forked: GraphSession | undefined,
  task: AskedTask,
  { configurable = {} }: LangGraphRunnableConfig,
  store: RunStore,
): Promise<string | undefined> {
  if (typeof configurable["thread_id"] !== "string") return undefined;
  const tasks = forked?.asked === undefined ? [task] : await readTasks(forked.asked, store);
  const contexts = tasks.at(-1)?.contexts ?? task.contexts;
  return await putTasks([...tasks.slice(0, -1), { ...task, contexts }], store);
}

function checkRefs(context: GraphValues["context"]): ContextRef[] {
  // A state of the first run on its thread, whatever its type says.
  if ((context as unknown) === undefined)
    throw new InputError(
      "Cannot ask without a context: this thread has had no run; give a context, or the thread_id of one that had",
    );
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
