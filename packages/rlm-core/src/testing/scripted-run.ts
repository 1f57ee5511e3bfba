import { createBudget } from "../budget.ts";
import type { JournalEvent } from "../journal.ts";
import { resolveLimits } from "../limits.ts";
import { big } from "../prompt/profile.ts";
import type { Run } from "../run.ts";
import { createSemaphore } from "../semaphore.ts";
import type { RlmState } from "../state.ts";
import { memoryStore } from "../stores/memory.ts";
import { noUsage } from "../usage.ts";
import { scriptedModel, type ScriptedModel, type ScriptedReply } from "./scripted-model.ts";
import { scriptedSandbox, type ScriptedStep } from "./scripted-sandbox.ts";

/** A session before its first step. */
export const emptyState: RlmState = {
  task: { query: "q", contexts: [{ name: "context", kind: "string", length: 1e6, ref: "sha256:0", prefix: "" }] },
  journal: [],
  pending: [],
  usage: noUsage,
  seed: 1,
  startedAt: 0,
  depth: 0,
  versions: { schema: 1, v8: "scripted" },
};

/** The live things of one session: a REPL and a model of scripts. `written`: types of the events that were written ahead. */
export function scriptedRun(
  script: ScriptedStep[],
  replies: ScriptedReply[],
  rest: Partial<Run> = {},
): { run: Run; model: ScriptedModel; written: string[] } {
  const model = scriptedModel(replies);
  const memory = memoryStore();
  const written: string[] = [];
  const store = {
    ...memory,
    append: async (key: string, entry: unknown) => {
      await memory.append(key, entry);
      if (key === "r/log") written.push((entry as { event: JournalEvent }).event.type);
    },
  };
  const limits = resolveLimits({ depth: 2, ...rest.limits });
  const budget = createBudget({ limits, store, logKey: "r/budget", now: () => 0 });
  const run: Run = {
    id: "r",
    model,
    subModel: () => model,
    models: [],
    sandbox: scriptedSandbox([script]),
    session: undefined,
    store,
    cache: undefined,
    logKey: "r/log",
    budget,
    semaphore: createSemaphore(4),
    meter: { usage: () => budget.usage("r") },
    tools: [],
    toolCalls: new Map(),
    warned: new Map(),
    wait: async () => {},
    profile: big,
    review: [],
    approve: undefined,
    asksLater: false,
    asking: new Map(),
    emit: () => {},
    signal: new AbortController().signal,
    now: () => 0,
    recurse: () => Promise.reject(new Error("no children here")),
    deferChildren: true,
    traced: (_call, work) => work(),
    ...rest,
    limits,
  };
  return { run, model, written };
}
