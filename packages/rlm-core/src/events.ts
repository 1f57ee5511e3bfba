import type { BudgetEntry } from "./budget-log.ts";
import type { LimitName } from "./errors.ts";
import type { JournalEvent } from "./journal.ts";
import type { Limits } from "./limits.ts";
import type { RlmState, Usage } from "./state.ts";
import type { SessionOptions } from "./sandbox.ts";
import type { TokenUsage, ToolCall } from "./model.ts";

/** What happens in a run, as it happens; `runId` tells the sessions of the tree apart. The core only calls `emit`. */
export type RlmEvent =
  | RunStartEvent
  | TurnStartEvent
  | JournalledEvent
  | QueryStartEvent
  | QueryEndEvent
  | BudgetEvent
  | WarningEvent
  | RunEndEvent;

interface InRun {
  runId: string;
  depth: number;
}

/**
 * `parent`: the call that opened this child RLM. `state` has an empty journal, or of a further run in a REPL the
 * tasks in it: the events of the runs before are told after this, as those of turn 0.
 * `repl`: what the session's REPL has, as much as it takes to rebuild it.
 */
export interface RunStartEvent extends InRun {
  type: "run-start";
  parent?: { runId: string; turn: number; id: number };
  state: RlmState;
  repl: Repl;
  /** Of the whole run; at the root alone. */
  limits?: Limits;
}

/** Names of host tools, sources of kits, and bounds of a session's REPL. */
export type Repl = Pick<SessionOptions, "queries" | "tools" | "kits" | "limits">;

/** The root model of this session is asked. */
export interface TurnStartEvent extends InRun {
  type: "turn-start";
  turn: number;
}

/**
 * An event was added to the journal, at `index`: 0 for the session's first. It may be told again, by a session that goes on
 * elsewhere; a different one at the index of an earlier one cuts off all from there on. `text`: what a result's or an answer's reference stands for.
 */
export interface JournalledEvent extends InRun {
  type: "journal";
  turn: number;
  index: number;
  event: JournalEvent;
  text?: string;
}

/** A sub-call was handed on: it may still wait for its place. `label`: its first characters, untrusted text. */
export interface QueryStartEvent extends InRun {
  type: "query-start";
  turn: number;
  id: number;
  kind: "llm" | "rlm" | "tool";
  label: string;
}

export interface QueryEndEvent extends InRun {
  type: "query-end";
  turn: number;
  id: number;
  kind: "llm" | "rlm" | "tool";
  ok: boolean;
  usage?: TokenUsage;
  model?: string;
  /** The cache had it: `usage` is what it cost when it was asked, and nothing was spent now. */
  cached?: true;
}

/** An entry was added to the budget's log; `runId`: the session that asked. */
export interface BudgetEvent extends InRun {
  type: "budget";
  entry: BudgetEntry;
}

/** Something the user should know and the run survived. */
export interface WarningEvent extends InRun {
  type: "warning";
  message: string;
}

export interface RunEndEvent extends InRun {
  type: "run-end";
  status: "final" | "direct" | "concluded" | "tool_calls" | "failed" | "aborted";
  limit?: LimitName;
  error?: string;
  /** The answer, where there is one. */
  text?: string;
  /** With the status of that name. */
  toolCalls?: readonly ToolCall[];
  /** One hash over the session's record: see `recordDigest`. */
  digest?: string;
  usage: Usage;
}

export type Emit = (event: RlmEvent) => void;
