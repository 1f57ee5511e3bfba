import type { Citation, UnverifiedClaim } from "./citations/citation.ts";
import type { LimitName } from "./errors.ts";
import type { JsonSchema } from "./json-schema.ts";

/** Where a run waits for a person: before code runs, before a limit ends it or refuses a call, before the root's answer. */
export type ReviewPoint = "code" | "budget" | "answer";

/** What a person is asked; tools with `approve: true` ask in the same way. */
export type ReviewRequest = CodeReview | BudgetReview | ToolReview | AnswerReview;

interface Asked {
  /** The session that waits. */
  runId: string;
  /** 0 at the root. */
  depth: number;
  turn: number;
}

/** The model has written code; edit: `{ code }` runs instead. */
export interface CodeReview extends Asked {
  kind: "code";
  code: string;
}

/** A limit was reached: approve raises it to `max`, reject lets the run conclude. */
export interface BudgetReview extends Asked {
  kind: "budget";
  limit: LimitName;
  max: number;
  spent: number;
  /** What the next call may need at most, where that is too much. */
  needed?: number;
  /** What an approval without a `max` raises it to. */
  suggested: number;
  /** Sub-calls of the running code that wait for it; 0: the run would conclude. */
  calls: number;
}

/** The code calls a tool with `approve: true`; edit: it is called with `{ args }`. */
export interface ToolReview extends Asked {
  kind: "tool";
  /** The call. */
  id: number;
  tool: string;
  args: Record<string, unknown>;
  /** What edited arguments have to fit. */
  parameters: JsonSchema;
}

/** The root has its answer: a text, or a value of the response format; edit: `{ answer }` is given instead. */
export interface AnswerReview extends Asked {
  kind: "answer";
  status: "final" | "direct" | "concluded";
  answer: unknown;
  /** With `cite`: the evidence, which an edit does not touch. */
  citations?: readonly Citation[];
  unverified?: readonly UnverifiedClaim[];
  responseFormat?: JsonSchema;
}

/** What a person says. `max`: the raised limit; an edit has what the request asks about: `code`, `args` or `answer`. */
export type Decision =
  | { type: "approve"; max?: number }
  | { type: "edit"; code: string }
  | { type: "edit"; args: Record<string, unknown> }
  | { type: "edit"; answer: unknown }
  | { type: "reject"; message?: string };

/** Asks a person; true approves, false rejects. Several may be asked at once. What it throws ends the run. */
export type Approve = (request: ReviewRequest) => Promise<boolean | Decision> | boolean | Decision;

/** A question in the middle of a block that a driver puts between two steps; texts in the store. */
export type PendingReview = { kind: "tool"; id: number; tool: string; argsRef: string } | PendingBudgetReview;

type PendingBudgetReview = Omit<BudgetReview, keyof Asked | "suggested">;

/** A question about a limit, with what would leave room for as much again as it did, and for what was refused. */
export function budgetRequest(pending: PendingBudgetReview, place: Asked): BudgetReview {
  const { limit, max, spent, needed = 0 } = pending;
  const room = Math.max(2 * max, (spent + needed) * 1.25);
  const suggested = limit === "costUsd" ? room : Math.ceil(Math.max(room, spent + 2));
  return { ...pending, ...place, suggested };
}
