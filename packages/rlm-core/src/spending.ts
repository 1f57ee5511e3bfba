import type { TokenUsage } from "./model.ts";
import type { Usage } from "./state.ts";
import { addUsage, mergeUsage, noUsage } from "./usage.ts";

/** What a tree spent, and of it each session with everything below it. */
export interface Spending {
  /** `runId` is missing in logs of older versions: then only the tree knows of the call. */
  add(runId: string | undefined, spent: { model: string; usage: TokenUsage; costUsd: number | undefined }): void;
  /** Adds what a session had spent before. */
  carry(runId: string, spent: Usage): void;
  /** A session asks: the first time is where its active time begins, a root's with the tree's. */
  asks(runId: string | undefined, activeMs: number): void;
  /** Of the whole tree, without its time. */
  readonly tree: Readonly<Usage>;
  /** Of one session, or of the whole tree. */
  usage(activeMs: number, runId?: string): Usage;
}

export function createSpending(): Spending {
  const tree = structuredClone(noUsage);
  const sessions = new Map<string, { usage: Usage; begin: number }>();

  function sessionOf(runId: string, activeMs: number): { usage: Usage; begin: number } {
    const known = sessions.get(runId);
    if (known !== undefined) return known;
    const session = { usage: structuredClone(noUsage), begin: runId.includes("/") ? activeMs : 0 };
    sessions.set(runId, session);
    return session;
  }

  return {
    tree,
    add(runId, spent) {
      addUsage(tree, spent);
      for (const id of withParents(runId)) addUsage(sessionOf(id, 0).usage, spent);
    },
    carry(runId, spent) {
      for (const total of [tree, ...withParents(runId).map((id) => sessionOf(id, 0).usage)]) mergeUsage(total, spent);
    },
    asks(runId, activeMs) {
      for (const id of withParents(runId)) sessionOf(id, activeMs);
    },
    usage(activeMs, runId) {
      if (runId === undefined) return { ...structuredClone(tree), activeMs: Math.round(activeMs) };
      const { usage, begin } = sessions.get(runId) ?? {
        usage: noUsage,
        begin: runId.includes("/") ? activeMs : 0,
      };
      return { ...structuredClone(usage), activeMs: Math.round(activeMs - begin) };
    },
  };
}

// The id of a child is its parent's and the call that opened it: "root/1.2/1.1".
function withParents(runId = ""): string[] {
  const parts = runId === "" ? [] : runId.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
