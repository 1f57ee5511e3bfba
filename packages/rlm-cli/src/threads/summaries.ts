import type { LimitName, Usage } from "rlm-core";
import { budgetKey, readSpent } from "rlm-core/driver";
import type { State } from "./state-folder.ts";
import { readThread, threadIds, type Question, type Thread } from "./thread-log.ts";

/** A thread as `rlm runs` tells of it: of its last question, and what all of them took. */
export interface Summary {
  id: string;
  /** When somebody last worked on it, as far as that is known: ISO 8601. */
  at: string;
  status: "answered" | "stopped" | "failed" | "waiting" | "running" | "died";
  limit: LimitName | null;
  error: string | null;
  question: string;
  questions: number;
  calls: number;
  tokens: number;
  /** null: some model has no price, or no call is known. */
  costUsd: number | null;
}

/** All threads, newest first. */
export async function summaries(state: State): Promise<Summary[]> {
  const threads: Summary[] = [];
  for (const id of await threadIds(state.store)) {
    const thread = await readThread(state.store, id);
    const last = thread.questions.at(-1);
    if (last !== undefined) threads.push(await summaryOf(thread, last, state));
  }
  return threads.sort((a, b) => (a.at < b.at ? 1 : -1));
}

async function summaryOf({ id, questions }: Thread, last: Question, state: State): Promise<Summary> {
  const usages = await Promise.all(questions.map(async (one) => await usageOf(one, state)));
  const known = usages.filter((usage) => usage !== undefined);
  const sum = (of: (usage: Usage) => number): number => known.reduce((total, one) => total + of(one), 0);
  const isPriced = known.length > 0 && known.every(({ unpriced }) => unpriced.length === 0);
  const { end } = last;
  return {
    id,
    at: new Date(end?.at ?? last.at).toISOString(),
    status: end?.status ?? (state.locks.holder(id) === undefined ? "died" : "running"),
    limit: end?.limit ?? null,
    error: end?.error ?? null,
    question: last.question,
    questions: questions.length,
    calls: sum(({ calls }) => calls),
    tokens: sum(({ inputTokens, outputTokens }) => inputTokens + outputTokens),
    costUsd: isPriced ? sum(({ costUsd }) => costUsd) : null,
  };
}

/** What a question took; where nobody was told of it, by the log of its budget, which is gone once it was told; undefined where nothing is known. */
async function usageOf({ end, usage, runIds }: Question, { store }: State): Promise<Usage | undefined> {
  if (end?.usage !== undefined) return end.usage;
  const key = budgetKey(runIds.at(-1) ?? "");
  const log = await store.read(key);
  return log.length === 0 ? usage : readSpent(log, key).spending.usage(0);
}
