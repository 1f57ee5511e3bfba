import type { ToolRuntime } from "@langchain/core/tools";
import type { BaseMessage } from "@langchain/core/messages";
import type { BaseStore } from "@langchain/langgraph";
import { InputError, named, type ContextRef, type RunStore } from "rlm-core";
import { isContextRef } from "../context-ref.ts";
import { plainContext, toContextRefs, type RlmContext } from "../to-context.ts";

/** What an agent's state has at least. */
export interface AgentValues {
  messages: BaseMessage[];
  [key: string]: unknown;
}

/** What a source is given of the agent. Its store is LangGraph's; core's type of a tool's runtime says another one, which no agent has. */
export type SourceRuntime<State extends Record<string, unknown> = AgentValues> = Omit<ToolRuntime<State>, "store"> & {
  store: BaseStore | null | undefined;
};

/** What a source stands for: a context, or what makes one of the agent's state, store and files whenever it is asked about. */
export type RlmSource<State extends Record<string, unknown> = AgentValues> =
  | RlmContext
  | ((runtime: SourceRuntime<State>) => RlmContext | Promise<RlmContext>);

/** Throws {@link InputError} for names that the code of the REPL could not use. */
export function checkSources(sources: Readonly<Record<string, unknown>>): [string, ...string[]] {
  if (typeof sources !== "object" || sources === null || Array.isArray(sources))
    throw new InputError("Expected options.sources to be an object of contexts or functions that make one");
  const [first, ...rest] = Object.keys(sources);
  if (first === undefined) throw new InputError("Expected options.sources to have at least one source, got none");
  for (const name of [first, ...rest]) {
    named({ [name]: "" });
    const source = sources[name];
    if (source === undefined || source === null || source === "")
      throw new InputError(
        `Expected options.sources.${name} to be a context or a function that makes one, got ${JSON.stringify(source)}`,
      );
  }
  return [first, ...rest];
}

/** Contexts as one: a single one as it is, of several each a variable by its name. */
export async function joinContexts(
  given: readonly (readonly [name: string, context: RlmContext])[],
  store: RunStore | undefined,
  signal: AbortSignal | undefined,
): Promise<RlmContext> {
  const [only] = given;
  if (given.length === 1 && only !== undefined) return only[1];
  if (store === undefined)
    return named(Object.fromEntries(given.map(([name, context]) => [name, single(name, context)])));
  const refs: ContextRef[] = [];
  for (const [name, context] of given) {
    const parts = await toContextRefs(context, store, signal);
    refs.push(...parts.map((ref) => ({ ...ref, name: parts.length === 1 ? name : `${name}_${ref.name}` })));
  }
  return refs;
}

function single(name: string, context: RlmContext): object | string {
  if ([context].flat().some(isContextRef))
    throw new InputError(
      `Cannot use the source "${name}" beside others: it is a reference, and the rlm has no store of its own`,
    );
  return plainContext(context as Parameters<typeof plainContext>[0]);
}
