import { RlmError } from "./errors.ts";
import type { TokenUsage } from "./model.ts";
import type { Usage } from "./state.ts";
import { addUsage, noUsage } from "./usage.ts";

/** One line of a budget's log. `activeMs`: the active time when it was written. */
export type BudgetEntry =
  | {
      type: "reserve";
      id: string;
      model: string;
      inputTokens: number;
      maxOutputTokens: number;
      costUsd?: number;
      activeMs: number;
    }
  | { type: "settle"; id: string; model: string; usage: TokenUsage; costUsd?: number; activeMs: number }
  | { type: "release"; id: string; activeMs: number };

/** Rebuilds what was spent. A call that was reserved and never settled may have been paid: it counts at its reserved size. */
export function readSpent(entries: readonly unknown[], logKey: string): Usage {
  const spent = structuredClone(noUsage);
  const open = new Map<string, Extract<BudgetEntry, { type: "reserve" }>>();
  for (const [index, entry] of entries.entries()) {
    if (!isEntry(entry))
      throw new RlmError(
        "store",
        `Cannot rebuild the budget: entry ${index + 1} of the log "${logKey}" is not one of a budget`,
      );
    spent.activeMs = Math.max(spent.activeMs, entry.activeMs);
    if (entry.type === "reserve") open.set(entry.id, entry);
    else open.delete(entry.id);
    if (entry.type === "settle") addUsage(spent, { ...entry, costUsd: entry.costUsd });
  }
  for (const { model, inputTokens, maxOutputTokens, costUsd } of open.values()) {
    addUsage(spent, { model, usage: { inputTokens, outputTokens: maxOutputTokens, estimated: true }, costUsd });
  }
  return spent;
}

function isEntry(entry: unknown): entry is BudgetEntry {
  if (typeof entry !== "object" || entry === null || !("type" in entry)) return false;
  return (
    (entry.type === "reserve" || entry.type === "settle" || entry.type === "release") &&
    "id" in entry &&
    "activeMs" in entry &&
    typeof entry.activeMs === "number"
  );
}
