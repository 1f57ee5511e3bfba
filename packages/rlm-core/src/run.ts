import type { Budget } from "./budget.ts";
import type { SubCallCache } from "./cache.ts";
import type { BudgetError, LimitName } from "./errors.ts";
import type { Emit } from "./events.ts";
import type { Limits } from "./limits.ts";
import type { Model, TokenUsage } from "./model.ts";
import type { Profile } from "./prompt/profile.ts";
import type { Approve, ReviewPoint } from "./review.ts";
import type { CallValue, Sandbox, Session } from "./sandbox.ts";
import type { Semaphore } from "./semaphore.ts";
import type { PendingCall, Usage } from "./state.ts";
import type { RunStore } from "./store.ts";
import type { Kit, Tool } from "./tool.ts";

/** The live things of one session's run; never saved. A child has its own, which shares the parent's budget and options. */
export interface Run {
  readonly id: string;
  readonly model: Model;
  /** The model of plain sub-calls and of children's roots: the usual one, or one that the user registered. */
  subModel(name?: string): Model;
  /** Names of the registered models. */
  readonly models: readonly string[];
  readonly sandbox: Sandbox;
  /** Taken by the step that uses it, put back when the step is done: never shared. */
  session: Session | undefined;
  /** The last call that the budget refused: it says more than the limit's name in the state. */
  refused?: BudgetError;
  readonly store: RunStore;
  /** What plain sub-calls gave, also in other runs. */
  readonly cache: SubCallCache | undefined;
  /** The write-ahead log of the open block. */
  readonly logKey: string;
  /** Whether the driver deletes it: it names one step, whose parts open it with states that no checkpoint has yet. @default false */
  readonly keepsLog?: boolean;
  /** Shared by the whole tree, so that a child cannot outspend its parent. */
  readonly budget: Budget;
  /** One for the tree, held only during a model request. */
  readonly semaphore: Semaphore;
  /** What this session and everything below it spent. */
  readonly meter: { usage(): Usage };
  readonly limits: Limits;
  readonly tools: readonly (Tool | Kit)[];
  /** Calls made of each tool, in the whole tree: each by its session, turn and id, so that a replay counts none twice. */
  readonly toolCalls: Map<string, Set<string>>;
  readonly profile: Profile;
  /** Where a person is asked. */
  readonly review: readonly ReviewPoint[];
  readonly approve: Approve | undefined;
  /** Whether a driver asks between two steps, where there is no `approve`. */
  readonly asksLater: boolean;
  /** The newest question about each limit, in the whole tree: they are asked one after the other. */
  readonly asking: Map<LimitName, Promise<unknown>>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** How often was warned of each kind of thing, in the whole tree. */
  readonly warned: Map<string, number>;
  /** Milliseconds since 1970; the journal's clock. */
  now(): number;
  /** The pause before a model is asked again, in milliseconds; rejects with the signal's reason. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Runs a child RLM to its end; given by the driver, for a step that imported it would close a cycle. */
  recurse(call: PendingCall, signal: AbortSignal): Promise<{ value: CallValue; usage: TokenUsage }>;
  /** Answers a call; a driver may do that inside of a trace. */
  traced<T extends { ok: boolean; value: CallValue; cached?: true }>(
    call: TracedCall,
    work: () => Promise<T>,
  ): Promise<T>;
  /** Whether child RLMs are left to the driver (a graph) instead of being run inside `execute` (the loop). */
  readonly deferChildren: boolean;
}

/** What a trace may tell of a call: no text of it. */
export interface TracedCall {
  turn: number;
  id: number;
  kind: "llm" | "rlm" | "tool";
  /** The tool's name. */
  name?: string;
  /** Length of the prompt and of the context. */
  chars: number;
}
