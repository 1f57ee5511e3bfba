import type { JournalEvent, RlmOptions, RunStore, Session, Usage } from "rlm-core";
import { openTree, type ResolvedOptions, type Run, type Tree } from "rlm-core/driver";
import { countCallsOfChildren } from "./calls-of-children.ts";
import type { Configured } from "./configured.ts";
import type { ParkedSessions } from "./parked-sessions.ts";

/** What of a run lives between the nodes of its graph, in this process: none of it is in a checkpoint. */
export interface LiveTree {
  readonly tree: Tree;
  /** Its open sessions, by id; `session` of each is taken while a node uses it. */
  readonly runs: Map<string, Run>;
  /** Journals by the head of their chain, so that no node reads one again. */
  readonly journals: Map<string, JournalEvent[]>;
  /** Sessions whose beginning listeners have heard, by id: one that goes on after a crash is told to them anew. */
  readonly told: Map<string, Promise<void>>;
  /** Resolves when all that happened is recorded; rejects where it cannot be. */
  recorded(): Promise<void>;
}

/** What one run has in place of the options: a root model (sub-calls stay with theirs), words, the form of its answer; and a further listener. */
export type RunParts = Pick<Partial<RlmOptions<unknown>>, "model" | "profile" | "responseFormat" | "onEvent">;

/** What one invocation, or the state of a run, brings beside the graph's own options. */
export interface Overrides extends Configured {
  store?: RunStore;
  signal?: AbortSignal;
  /** Of another form of the Runnable, for one run of it. */
  parts?: RunParts;
  /** What the run has spent by its state: its budget begins there if it has no log any more. */
  spent?: Usage;
}

/** A tree's options, and how to wait for the record of what happens in it. */
export interface Resolved {
  options: ResolvedOptions;
  recorded(): Promise<void>;
}

export interface LiveTrees {
  /** Opens a run's tree; one that lives already is left as it is. */
  open(rootId: string, overrides?: Overrides): Promise<LiveTree>;
  /** Works on a run's tree, opened where it does not live. While nobody does, its time stands still and it may be closed. */
  within<T>(rootId: string, work: (live: LiveTree) => Promise<T>, overrides?: Overrides): Promise<T>;
  /** Ends a run's sessions as soon as no node works on them; resolves when they are gone. */
  close(rootId: string): Promise<void>;
  /** Sessions of threads between two runs, if there are such. */
  readonly parked?: ParkedSessions | undefined;
  /** Runs that live now. */
  readonly size: number;
}

export interface LiveTreesOptions {
  /** The graph's options with what an invocation overrides. */
  resolve(rootId: string, overrides: Overrides): Promise<Resolved>;
  /** Milliseconds after which a run that no node works on gives its sandboxes back; they are rebuilt when it goes on. */
  idleMs: number;
  parked?: ParkedSessions | undefined;
  /** Whether persons are asked by interrupts. */
  asksLater: boolean;
}

interface Entry {
  live: Promise<LiveTree>;
  busy: number;
  idle?: NodeJS.Timeout;
  closing?: PromiseWithResolvers<void>;
}

export function createLiveTrees({ resolve, idleMs, parked, asksLater }: LiveTreesOptions): LiveTrees {
  const entries = new Map<string, Entry>();
  // Those that nobody can enter any more, and whose sandboxes are not gone yet.
  const ending = new Map<string, Promise<void>>();

  function entryOf(rootId: string, overrides: Overrides = {}): Entry {
    const known = entries.get(rootId);
    if (known !== undefined) return known;
    const entry: Entry = { live: openLive(rootId, overrides), busy: 0 };
    entries.set(rootId, entry);
    entry.live.catch(() => entries.delete(rootId));
    return entry;
  }

  async function openLive(rootId: string, overrides: Overrides): Promise<LiveTree> {
    const { options, recorded } = await resolve(rootId, overrides);
    const { spent } = overrides;
    const tree = await openTree(options, rootId, { deferChildren: true, asksLater, ...(spent && { spent }) });
    await countCallsOfChildren(rootId, tree);
    return { tree, runs: new Map(), journals: new Map(), told: new Map(), recorded };
  }

  function enter(entry: Entry, { tree }: LiveTree): void {
    clearTimeout(entry.idle);
    if (entry.busy++ === 0) tree.budget.resume();
  }

  async function leave(rootId: string, entry: Entry, { tree }: LiveTree): Promise<void> {
    if (--entry.busy > 0) return;
    tree.budget.pause();
    if (entry.closing !== undefined || tree.signal.aborted) await end(rootId, entry);
    else entry.idle = setTimeout(() => void end(rootId, entry), idleMs).unref();
  }

  async function end(rootId: string, entry: Entry): Promise<void> {
    clearTimeout(entry.idle);
    const closing = (entry.closing ??= Promise.withResolvers());
    if (entries.get(rootId) === entry) {
      entries.delete(rootId);
      ending.set(rootId, closing.promise);
    }
    const live = await entry.live;
    await closeSessions(live);
    // Where it fails, the run has ended with that error already.
    await live.recorded().catch(() => {});
    if (ending.get(rootId) === closing.promise) ending.delete(rootId);
    closing.resolve();
  }

  return {
    open: async (rootId, overrides) => await entryOf(rootId, overrides).live,
    async within(rootId, work, overrides) {
      const entry = entryOf(rootId, overrides);
      const live = await entry.live;
      enter(entry, live);
      try {
        return await work(live);
      } finally {
        await leave(rootId, entry, live);
      }
    },
    async close(rootId) {
      const entry = entries.get(rootId);
      if (entry === undefined) return await ending.get(rootId);
      entry.closing ??= Promise.withResolvers();
      if (entry.busy === 0) await end(rootId, entry);
      await entry.closing.promise;
    },
    parked,
    get size() {
      return entries.size;
    },
  };
}

/** Ends all sessions that no node uses; what a run needs again is rebuilt. */
export async function closeSessions({ runs }: LiveTree): Promise<void> {
  const sessions = [...runs.values()].flatMap(({ session }) => session ?? []);
  runs.clear();
  await Promise.all(sessions.map((session) => session.close()));
}

/** Takes a session out of its run: while it is used it is in nobody else's reach. */
export function takeSession(base: Run): Session | undefined {
  const { session } = base;
  base.session = undefined;
  return session;
}

/** Puts a session back; where another branch of the thread was quicker, one of the two is enough. */
export async function putSession(base: Run, session: Session | undefined): Promise<void> {
  if (session === undefined) return;
  if (base.session === undefined) base.session = session;
  else await session.close();
}
