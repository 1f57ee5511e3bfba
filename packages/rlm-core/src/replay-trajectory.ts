import type { ContextRef } from "./context.ts";
import { refOf } from "./context-ref.ts";
import { ReplayError } from "./errors.ts";
import { libraryTexts } from "./kit-source.ts";
import type { Kit } from "./tool.ts";
import { checkEnd, checkRecord } from "./replay-checks.ts";
import type { Sandbox, Session, SessionContext, SessionOptions, SubCall, Variable } from "./sandbox.ts";
import { pagedContext, storeContexts, streamContext, type ContextInput } from "./store-context.ts";
import { memoryStore } from "./stores/memory.ts";
import { newestTask, turnsOf } from "./turns.ts";
import type { Trajectory, TrajectoryRun } from "./trajectory.ts";
import { contextDifference } from "./context-difference.ts";
import type { RunStore } from "./store.ts";

export interface ReplayOptions {
  /** The context of the root, as the run had it. */
  context: ContextInput;
  /** Of a further run in a REPL: what the runs before it brought, oldest first. @default [] */
  earlier?: readonly ContextInput[];
  /** Kits with the libraries that the run's had; a trajectory has the libraries' hashes alone. @default [] */
  kits?: readonly Kit[];
  sandbox: Sandbox;
  signal?: AbortSignal;
}

/** A session as its replay left it. */
export interface ReplayedRun {
  runId: string;
  depth: number;
  /** One hash over all variables. */
  hash: string;
  variables: Variable[];
}

/**
 * Runs the code of a trajectory again, at every depth, with the recorded results and no model.
 * The contexts of children come out of their parents' code. Throws {@link ReplayError} with the first difference.
 */
export async function replayTrajectory(
  trajectory: Trajectory,
  { context, earlier = [], kits = [], sandbox, signal }: ReplayOptions,
): Promise<ReplayedRun[]> {
  const store = memoryStore();
  const libraries = libraryTexts(kits);
  const calls = new Map<string, SubCall>();
  const replayed: ReplayedRun[] = [];
  // A parent stands before its children, so their calls are known when it is their turn.
  for (const [runId, run] of trajectory.runs) {
    for (const [ref, text] of run.texts) {
      if ((await store.put(text)) !== ref)
        throw new ReplayError(
          `Cannot replay run ${runId}: the text of ${ref} was changed, it begins ${JSON.stringify(text.slice(0, 60))}`,
        );
    }
    const { start } = run;
    if (wasRolledBack(start, trajectory)) continue;
    const contexts =
      start.parent === undefined
        ? await rootContexts([...earlier, context], run, store, signal)
        : [await childContext(start.parent, calls, store)];
    const difference = contextDifference(start.contexts, contexts);
    if (difference !== undefined) throw new ReplayError(`Cannot replay run ${runId}: ${difference}`);
    checkRecord(run, trajectory);
    checkLibraries(runId, start, libraries);
    const isFirst = newestTask(run.journal) === undefined;
    const responseFormat = isFirst ? start.responseFormat : start.firstFormat;
    const cite = isFirst ? start.cite : start.firstCite;
    const session = await open(runId, {
      ...start.repl,
      libraries,
      contexts,
      read: (ref) => store.get(ref),
      stream: (ref) => streamContext(ref, store),
      paged: pagedContext,
      seed: start.seed,
      history: run.journal,
      onReplayedCall: (call) => calls.set(`${runId}/${call.id}`, call),
      ...(responseFormat && { responseFormat }),
      ...(cite && { cite }),
      ...(signal && { signal }),
    });
    try {
      checkEnd(run);
      replayed.push({ runId, depth: start.depth, ...(await session.inspect(signal)) });
    } finally {
      await session.close();
    }
  }
  return replayed;

  async function open(runId: string, options: SessionOptions): Promise<Session> {
    try {
      return await sandbox.open(options);
    } catch (error) {
      if (!(error instanceof ReplayError)) throw error;
      throw new ReplayError(`Cannot replay run ${runId}: ${error.message.replace(/^Cannot replay /, "")}`, {
        cause: error,
      });
    }
  }
}

function checkLibraries(runId: string, { repl }: TrajectoryRun["start"], libraries: ReadonlyMap<string, string>): void {
  for (const kit of repl.kits) {
    for (const [name, hash] of Object.entries(kit.libraries ?? {})) {
      if (libraries.has(hash)) continue;
      throw new ReplayError(
        `Cannot replay run ${runId}: its kit "${kit.name}" had another library "${name}" (SHA-256 ${hash.slice(0, 12)}…); give the kit in the version that the run had`,
      );
    }
  }
}

// The block that opened it, or one above, never happened, so nothing of it is left to compare with.
function wasRolledBack({ parent }: TrajectoryRun["start"], { runs }: Pick<Trajectory, "runs">): boolean {
  const above = parent && runs.get(parent.runId);
  if (parent === undefined || above === undefined) return false;
  return turnsOf(above.journal)[parent.turn - 1]?.end?.rolledBack === true || wasRolledBack(above.start, { runs });
}

/** The contexts of a root, each with the run of its REPL that brought it. */
async function rootContexts(
  given: readonly ContextInput[],
  { start }: TrajectoryRun,
  store: RunStore,
  signal: AbortSignal | undefined,
): Promise<SessionContext[]> {
  const runs = [...new Set(start.contexts.map(({ run = 0 }) => run))];
  if (runs.length !== given.length)
    throw new ReplayError(
      `Cannot replay run ${start.runId}: its REPL was given contexts by ${runs.length} runs, here are those of ${given.length}; give the earlier ones as \`earlier\`, oldest first`,
    );
  const contexts: SessionContext[] = [];
  for (const [index, context] of given.entries()) {
    const run = runs[index] ?? 0;
    for (const ref of await storeContexts(context, store, signal)) contexts.push(run === 0 ? ref : { ...ref, run });
  }
  return contexts;
}

async function childContext(
  parent: { runId: string; id: number },
  calls: ReadonlyMap<string, SubCall>,
  store: RunStore,
): Promise<ContextRef> {
  const call = calls.get(`${parent.runId}/${parent.id}`);
  if (call?.context === undefined)
    throw new ReplayError(
      `Cannot replay the child of call ${parent.id} of run ${parent.runId}: the code did not make that call`,
    );
  return await refOf("context", call.context, store);
}
