import type { BudgetEntry } from "./budget-log.ts";
import type { Repl } from "./events.ts";
import type { LimitName } from "./errors.ts";
import type { JournalEvent } from "./journal.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Limits } from "./limits.ts";
import type { TokenUsage, ToolCall } from "./model.ts";
import type { SessionContext } from "./sandbox.ts";
import type { RlmState, Usage } from "./state.ts";

/** The version of the format, told field by field in docs/trajectory.md. */
export const trajectoryVersion = 1;

/** The first line of a trajectory. */
export interface TrajectoryHeader {
  type: "rlm-trajectory";
  version: number;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** `at` in every line: milliseconds since 1970 when it was written. */
export type TrajectoryLine = RunStartLine | JournalLine | QueryLine | BudgetLine | WarningLine | RunEndLine;

interface InRun {
  at: number;
  runId: string;
  /** 0 at the root. */
  depth: number;
}

/** A session begins: everything but the texts of its contexts that it takes to rebuild it. */
export interface RunStartLine extends InRun {
  type: "run-start";
  /** The call that opened this child RLM. */
  parent?: { runId: string; turn: number; id: number };
  query: string;
  contexts: ContextLine[];
  responseFormat?: JsonSchema;
  /** Whether its answers come with evidence: their texts are those of cited answers. */
  cite?: true;
  /** The same of the first run in the REPL, where this is a further one. */
  firstCite?: true;
  /** That of the first run in the REPL, where this is a further one. */
  firstFormat?: JsonSchema;
  seed: number;
  startedAt: number;
  versions: RlmState["versions"];
  repl: Repl;
  /** Of the whole run; at the root alone. Null: no limit. */
  limits?: Record<keyof Limits, number | null>;
}

/** A context without any of its text. `hash`: `sha256:<hex>` of the UTF-8 text, for a file of its bytes, and for a part of a file `#<from>+<length>` after it. */
export interface ContextLine extends Pick<SessionContext, "name" | "kind" | "length" | "items" | "run"> {
  hash: string;
}

/** An event of the journal. `index`: its place in it, in older files by the order of the lines. `text`: what the reference of a result or of an answer stands for. */
export interface JournalLine extends InRun {
  type: "journal";
  turn: number;
  index?: number;
  event: JournalEvent;
  text?: string;
}

/** A sub-call is over: what it used. Its result is in the journal. */
export interface QueryLine extends InRun {
  type: "query";
  turn: number;
  id: number;
  kind: "llm" | "rlm" | "tool";
  ok: boolean;
  usage?: TokenUsage;
  model?: string;
  /** The cache had it: `usage` is what it cost when it was asked. */
  cached?: true;
}

/** An entry of the budget's log. */
export interface BudgetLine extends InRun {
  type: "budget";
  entry: BudgetEntry;
}

export interface WarningLine extends InRun {
  type: "warning";
  message: string;
}

export interface RunEndLine extends InRun {
  type: "run-end";
  status: "final" | "direct" | "concluded" | "tool_calls" | "failed" | "aborted";
  limit?: LimitName;
  error?: string;
  /** The answer, where there is one. */
  text?: string;
  /** With the status of that name. */
  toolCalls?: readonly ToolCall[];
  /** Of all that the trajectory tells of this session up to here. */
  digest?: string;
  usage: Usage;
}
