import { ReducedValue, StateSchema } from "@langchain/langgraph";
import type { Cited, ContextRef, JsonSchema, LimitName, Limits, RlmState, Usage } from "rlm-core";
import type { Outcome, PendingCall, PendingReview } from "rlm-core/driver";
import { z } from "zod";

/** What a graph is invoked with. Raw text is a type error here: `storeContexts` of rlm-core makes references of it. */
export interface GraphInput {
  query: string;
  /** May be left out on a thread that had a run: the next question is about what is there. */
  context?: ContextRef | readonly ContextRef[];
}

/** What identifies one session of a run, fixed by the node `begin`. */
export interface GraphSession extends Pick<RlmState, "seed" | "startedAt" | "depth" | "versions"> {
  id: string;
  /** The session at the root of its tree. */
  rootId: string;
  /** The whole query, where the state has only its first characters. */
  queryRef?: string;
  responseFormat?: JsonSchema;
  /** Whether its answer comes with evidence. @default false */
  cite?: true;
  /** The call that opened this child RLM. */
  parent?: { runId: string; turn: number; id: number };
  /** What the runs of its thread were asked, this one last: a reference, for the next of them. */
  asked?: string;
  /** Those in which a fork's tree differs from the graph's options. */
  limits?: Partial<Limits>;
  /** Limits that its run keeps, also where no option said them: going on with a model of another window changes none of them. */
  ranUnder?: Partial<Limits>;
}

/** What a driver of this package gives beside the input, so that it knows a session's id beforehand. */
export type Beginning = Pick<
  GraphSession,
  "id" | "rootId" | "seed" | "depth" | "queryRef" | "responseFormat" | "parent" | "limits" | "ranUnder"
> & { origin?: Origin };

/** Where a fork goes on: what it has in common with the run that it comes from. */
export interface Origin {
  runId: string;
  journal: string | null;
  usage: Usage;
  limit: LimitName | null;
  pending: readonly PendingCall[];
  results: Record<string, ChildResult>;
}

/** What a child RLM came to: texts in the store. */
export interface ChildResult {
  ok: boolean;
  ref: string;
  json: boolean;
  limit?: LimitName;
}

const input = {
  query: z.string(),
  context: z.custom<NonNullable<GraphInput["context"]>>(),
  beginning: z.custom<Beginning>().optional(),
};

const output = {
  /** The answer of a root: a text, or a value of the response format. */
  answer: z.unknown(),
  /** With `cite`: the evidence of the answer. */
  cited: z.custom<Cited>().nullable().optional(),
  outcome: z.custom<Outcome>().nullable(),
  usage: z.custom<Usage>(),
  session: z.custom<GraphSession>(),
};

/**
 * The graph's state: rlm-core's, with the journal as a reference. So neither checkpoints nor the traces of nodes hold
 * what models wrote and code printed, and neither grows with the square of a run's length.
 */
export const GraphState = new StateSchema({
  ...input,
  ...output,
  /** The newest entry of the journal's chain in the store. */
  journal: z.string().nullable(),
  pending: z.custom<readonly PendingCall[]>(),
  /** What the suspended code waits for a person to say. */
  reviews: z.custom<readonly PendingReview[]>().nullable(),
  /** Of the pending children that have ended, by call; null empties it, as it takes out one of them. */
  results: new ReducedValue(
    z.record(z.string(), z.custom<ChildResult>()).default(() => ({})),
    {
      inputSchema: z.record(z.string(), z.custom<ChildResult | null>()).nullable(),
      reducer: (known, added) =>
        Object.fromEntries(
          Object.entries(added === null ? {} : { ...known, ...added }).flatMap(([id, result]) =>
            result === null ? [] : [[id, result]],
          ),
        ),
    },
  ),
  limit: z.custom<LimitName>().nullable(),
});

export const GraphInputState = new StateSchema(input);
export const GraphOutputState = new StateSchema(output);

export type GraphValues = typeof GraphState.State;
