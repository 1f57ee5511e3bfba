import type { ContextRef } from "./context.ts";
import type { LimitName } from "./errors.ts";
import type { JournalEvent } from "./journal.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { ToolCall } from "./model.ts";
import type { PendingReview } from "./review.ts";

/** Everything a checkpoint saves of one session; plain data, no texts of contexts or sub-calls. */
export interface RlmState {
  task: Task;
  /** What the runs before this one in the same REPL were asked, oldest first, each with the contexts that it brought. */
  earlier?: readonly Task[];
  journal: readonly JournalEvent[];
  /** The child RLMs that the suspended code waits for. */
  pending: readonly PendingCall[];
  /** What the suspended code waits for a person to say. */
  reviews?: readonly PendingReview[];
  usage: Usage;
  /** A limit was reached: the next step concludes. */
  limit?: LimitName;
  outcome?: Outcome;
  seed: number;
  /** Milliseconds since 1970. */
  startedAt: number;
  /** 0 at the root. */
  depth: number;
  versions: { schema: number; v8: string };
}

export interface Task {
  query: string;
  /** What the code finds as contexts: those that the run brought, else those of the newest run before it that did. */
  contexts: readonly ContextRef[];
  responseFormat?: JsonSchema;
  /** The answer comes with evidence: its text is that of a `CitedAnswer`. @default false */
  cite?: true;
}

export interface Outcome {
  /** final: the code called FINAL; direct: one plain call; concluded: the best answer at a limit; tool_calls: functions that the caller is to call. */
  status: "final" | "direct" | "concluded" | "tool_calls";
  limit?: LimitName;
  /** With tool calls: what the model said beside them. */
  answerRef: string;
  /** Whether the answer's text is JSON. */
  json: boolean;
  toolCalls?: readonly ToolCall[];
}

/** A child RLM that has not answered yet. */
export interface PendingCall {
  id: number;
  /** The turn that made it: after a rolled-back block an id comes again. */
  turn: number;
  hash: string;
  queryRef: string;
  context: ContextRef;
  schema?: JsonSchema;
  depth: number;
}

/** What a session and everything below it spent. */
export interface Usage {
  /** Model calls. */
  calls: number;
  inputTokens: number;
  outputTokens: number;
  /** Whether a part of the tokens, and so of the dollars, is our own estimate: a model reported none, or a request was aborted and counts as reserved. */
  estimated: boolean;
  /** US dollars by the price table; `unpriced` names the models that are not in it. */
  costUsd: number;
  unpriced: string[];
  byModel: Record<string, { calls: number; inputTokens: number; outputTokens: number; costUsd: number }>;
  /** Milliseconds of active time. */
  activeMs: number;
}

export const schemaVersion = 1;

/** The outcome of a session that has ended. */
export function outcomeOf({ outcome }: Pick<RlmState, "outcome">): Outcome {
  if (outcome === undefined) throw new TypeError("Cannot read the answer: the run has no outcome");
  return outcome;
}
