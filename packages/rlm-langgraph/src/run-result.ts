import { INTERRUPT } from "@langchain/langgraph";
import type { RlmResult, Usage } from "rlm-core";
import { outcomeOf } from "rlm-core/driver";
import type { Interrupted } from "./decisions.ts";
import type { GraphValues } from "./graph-state.ts";

export function interruptedResult(
  output: Pick<GraphValues, "session" | "usage"> & { [INTERRUPT]: Interrupted["__interrupt__"] },
  { spent }: { spent?: () => Usage },
): Interrupted {
  const { session, usage, [INTERRUPT]: waiting } = output;
  return { status: "interrupted", usage: spent?.() ?? usage, runId: session.id, [INTERRUPT]: waiting };
}

/** What ended the run, where LangGraph says only that it was ended, or puts the errors of several children together. */
export function causeOf(error: unknown, { signal }: { signal?: AbortSignal }): unknown {
  if (signal?.aborted === true) return signal.reason;
  return error instanceof AggregateError ? error.errors[0] : error;
}

export function resultOf<T>({
  answer,
  cited,
  outcome,
  usage,
  session,
}: Pick<GraphValues, "answer" | "cited" | "outcome" | "usage" | "session">): RlmResult<T> {
  const { status, limit, toolCalls } = outcomeOf({ outcome: outcome ?? undefined });
  const more = { ...(limit && { limit }), ...(toolCalls && { toolCalls }) };
  return { answer: answer as T, ...cited, status, ...more, usage, runId: session.id };
}
