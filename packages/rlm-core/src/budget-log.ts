import { rootTurnOf, type RootTurn } from "./budget-room.ts";
import { RlmError, type LimitName } from "./errors.ts";
import type { TokenUsage } from "./model.ts";
import { createSpending, type Spending } from "./spending.ts";
import type { Usage } from "./state.ts";

/** One line of a budget's log. `runId`: the session that asked. `activeMs`: the tree's active time when it was written. */
export type BudgetEntry = (
  | {
      type: "reserve";
      id: string;
      model: string;
      inputTokens: number;
      maxOutputTokens: number;
      costUsd?: number;
      /** Of a turn of the root: the most tokens that the prompt of a conclusion after it has. */
      toConclude?: number;
    }
  | { type: "settle"; id: string; model: string; usage: TokenUsage; costUsd?: number }
  | { type: "release"; id: string }
  // A person raised a limit of the tree; null: it stays as it is.
  | { type: "raise"; id: string; limit: TreeLimit; max: number | null }
  /** What the run had spent before this log begins: that of the run that a fork comes from, or its own. */
  | { type: "spent"; id: string; usage: Usage }
) & { runId: string; activeMs: number };

/** The limits that all sessions of a run share. */
export type TreeLimit = Exclude<LimitName, "turns" | "errors">;

/** What persons said on the limits, in order. */
export function readRaises(entries: readonly unknown[]): Extract<BudgetEntry, { type: "raise" }>[] {
  return entries.filter(isEntry).filter((entry) => entry.type === "raise");
}

/** The root's newest turn that was reserved; none in a log of an older version. */
export function readRootTurn(entries: readonly unknown[]): RootTurn | undefined {
  const turns = entries.filter(isEntry).flatMap((entry) => (entry.type === "reserve" ? (rootTurnOf(entry) ?? []) : []));
  return turns.at(-1);
}

/** Rebuilds what was spent, and until when. A call that was reserved and never settled may have been paid: it counts at its reserved size. */
export function readSpent(entries: readonly unknown[], logKey: string): { spending: Spending; activeMs: number } {
  const spending = createSpending();
  const open = new Map<string, Extract<BudgetEntry, { type: "reserve" }>>();
  const known = new Set<string>();
  let activeMs = 0;
  for (const [index, entry] of entries.entries()) {
    if (!isEntry(entry))
      throw new RlmError(
        "store",
        `Cannot rebuild the budget: entry ${index + 1} of the log "${logKey}" is not one of a budget`,
      );
    activeMs = Math.max(activeMs, entry.activeMs);
    // Told twice it counts once.
    if (entry.type === "raise" || known.has(entryName(entry))) continue;
    known.add(entryName(entry));
    spending.asks(entry.runId, entry.activeMs);
    if (entry.type === "reserve") open.set(entry.id, entry);
    else open.delete(entry.id);
    if (entry.type === "spent") spending.carry(entry.runId, entry.usage);
    if (entry.type === "settle") spending.add(entry.runId, { ...entry, costUsd: entry.costUsd });
  }
  for (const { runId, model, inputTokens, maxOutputTokens, costUsd } of open.values()) {
    const usage = { inputTokens, outputTokens: maxOutputTokens, estimated: true };
    spending.add(runId, { model, usage, costUsd });
  }
  return { spending, activeMs };
}

/** What tells an entry from all others of a log. */
export function entryName({ type, id }: BudgetEntry): string {
  return `${type} ${id}`;
}

const entryTypes = new Set<unknown>(["reserve", "settle", "release", "raise", "spent"] satisfies BudgetEntry["type"][]);

function isEntry(entry: unknown): entry is BudgetEntry {
  if (typeof entry !== "object" || entry === null || !("type" in entry)) return false;
  const { type } = entry;
  return entryTypes.has(type) && "id" in entry && "activeMs" in entry && typeof entry.activeMs === "number";
}
