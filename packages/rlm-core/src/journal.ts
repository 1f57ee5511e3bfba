import type { ContextContent } from "./context.ts";
import type { LimitName } from "./errors.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { CodeError, Output } from "./output.ts";
import type { TokenUsage, ToolCall } from "./model.ts";
import type { ReviewRequest } from "./review.ts";

/**
 * What happened in one session, append-only: enough to rebuild it. Long texts are references into the run store.
 * Call and result events belong to the block before them.
 */
export type JournalEvent =
  | ReplyEvent
  | BlockEvent
  | CallEvent
  | ResultEvent
  | WaitEvent
  | ReviewEvent
  | EndEvent
  | CompactEvent
  | TaskEvent;

/** The text that an event refers to, if it does: a result's, or an answer's. */
export function textRefOf(event: JournalEvent): string | undefined {
  if (event.type === "result") return event.ref;
  return event.type === "end" || event.type === "review" ? event.answer?.ref : undefined;
}

/** The root model's reply of one turn. */
export interface ReplyEvent {
  type: "reply";
  text: string;
  /** What was left when it was asked; the model has read these numbers, so its messages are derived from them. */
  left: Left;
  usage: TokenUsage;
  model: string;
  /** Functions that it called in the way of its provider: the run ends with them. */
  toolCalls?: readonly ToolCall[];
  /** The limit that was reached: this is the last reply, asked for by the step that concludes. */
  concludes?: LimitName;
}

export interface Left {
  /** 1 for the first turn. */
  turn: number;
  /** Null where there is no limit. */
  turns: number | null;
  /** Model calls; null where there is no limit, or where the code has no queries. */
  calls: number | null;
  /** The limit of which at least 85 % is spent, if any. */
  near?: string;
}

/** Code starts to run. `clock`: milliseconds since 1970, what `Date.now()` says in the block. */
export interface BlockEvent {
  type: "block";
  code: string;
  clock: number;
}

export interface CallEvent {
  type: "call";
  id: number;
  kind: "llm" | "rlm" | "tool";
  hash: string;
  /** The tool's name. */
  name?: string;
}

/**
 * A result, written before the code sees it. `delivery` counts up from 1 in one session.
 * Not `ok`: `ref` stands for JSON `{ code, message }`, or for a message alone where `json` is false.
 */
export interface ResultEvent {
  type: "result";
  id: number;
  hash: string;
  ok: boolean;
  ref: string;
  json: boolean;
  delivery: number;
  /** The limit that refused the call: it concludes the run once the block has ended. */
  limit?: LimitName;
}

/** The block waits for child RLMs that a driver runs outside of the step. */
export interface WaitEvent {
  type: "wait";
  ids: number[];
}

/**
 * What a person said: on the code of the reply before it, on a tool's call of the open block, on an answer, or on a limit;
 * before the first reply too.
 */
export interface ReviewEvent {
  type: "review";
  kind: ReviewRequest["kind"];
  decision: "approve" | "edit" | "reject";
  /** Of a tool: its call. */
  id?: number;
  tool?: string;
  /** Of the budget: the limit, and what it was raised to. Of an answer: the limit at which it was concluded. */
  limit?: LimitName;
  max?: number;
  /** What the person put in the place of what was there. */
  code?: string;
  args?: Record<string, unknown>;
  /** Of an answer: how it came about, and what was accepted, as it was or as the person changed it. */
  status?: "final" | "direct" | "concluded";
  answer?: { ref: string; json: boolean };
  /** Of an answer that was rejected: its first characters, which the model is told. */
  began?: string;
  /** Why it was rejected. */
  message?: string;
}

export interface EndEvent {
  type: "end";
  output: Output;
  error?: CodeError;
  answer?: { ref: string; json: boolean };
  rolledBack?: boolean;
  /** Milliseconds it computed; a replay gives a finished block ten times that. */
  computeMs: number;
}

/**
 * The oldest turns, told shortly: from here on the model reads `text` in their place. It says nothing of the REPL,
 * which keeps everything: a replay leaves it out.
 */
export interface CompactEvent {
  type: "compact";
  text: string;
  /** How many of the oldest turns it stands for, those of earlier ones included. */
  turns: number;
  /** The variables as they were then, one a line: name, type and size. */
  variables: string;
  /** Of the call that wrote it; absent where the model was not asked, or gave nothing. */
  usage?: TokenUsage;
  model?: string;
}

/**
 * A further run begins in the same REPL. What stands before it makes the variables that it finds, and counts for nothing
 * else: turns, limits and messages are those of the newest run.
 */
export interface TaskEvent {
  type: "task";
  runId: string;
  /** Counts up from 1; the REPL's first run is 0 and has no such event. */
  run: number;
  query: string;
  responseFormat?: JsonSchema;
  cite?: true;
  /** The contexts that it brought; none where it goes on with those that are there. */
  contexts: readonly ContextContent[];
  /** The code's variables when it began, by name; of many the first. Its messages are derived from them. */
  variables: readonly { name: string; type: string; size: string }[];
  /** The first characters of the answer of the run before it, if that had one. */
  before?: string;
  /** What persons said in the runs before it when they rejected something, oldest first, of much the newest; absent if nothing. */
  said?: readonly string[];
}
