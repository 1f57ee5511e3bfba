import { ReplayError, SandboxError } from "../../errors.ts";
import { canonicalJson } from "../../hash.ts";
import { contextContent } from "../../file-ref.ts";
import type { TaskEvent } from "../../journal.ts";
import type { Done, Progress, Session, SessionOptions, SubResult } from "../../sandbox.ts";
import { BlamelessLoss, ChildLost } from "../../confined/child-lost.ts";
import { lostBlock } from "./lost-block.ts";
import { createPast, firstRun } from "./past.ts";
import type { Place, Pool } from "./pool.ts";
import { computeMsFor, dataMbFor, rehearsalFor } from "./hand-over.ts";
import { openMachine, type RemoteMachine } from "./remote-machine.ts";
import { openFiles, type OpenFile } from "./open-files.ts";
import { replay, type Replayed } from "./replay.ts";

/** Opens a session on the pool's processes. It has one only while it needs one, or while nobody else does. */
export async function openSession(pool: Pool, options: SessionOptions): Promise<Session> {
  const { limits, read } = options;
  const computeMs = computeMsFor(options);
  const name = `session ${++opened}`;
  const past = createPast(options);
  /** A process, and the machine in it, standing where the past ends. */
  let live: { place: Place; machine: RemoteMachine } | undefined;
  let building: Place | undefined;
  let busy: AbortController | undefined;
  /** The end of what an abort left behind. */
  let gone: Promise<void> | undefined;
  let opening = true;
  let closed = false;

  /** One input at a time. One that is aborted has never been: its process is killed, the past stays as it was. */
  async function operate<T>(
    action: string,
    outer: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (closed) throw new SandboxError(`Cannot ${action}: ${name} is closed`);
    if (busy !== undefined) throw new SandboxError(`Cannot ${action}: ${name} is busy with something else`);
    outer?.throwIfAborted();
    const inner = new AbortController();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    inner.signal.addEventListener("abort", () => reject(inner.signal.reason), { once: true });
    const onAbort = (): void => inner.abort(outer?.reason);
    outer?.addEventListener("abort", onAbort, { once: true });
    busy = inner;
    try {
      return await Promise.race([work(inner.signal), aborted]);
    } finally {
      outer?.removeEventListener("abort", onAbort);
      busy = undefined;
      if (inner.signal.aborted) gone = leave();
      live?.place.rest();
    }
  }

  async function leave(): Promise<void> {
    const places = new Set([live?.place, building]);
    live = building = undefined;
    for (const place of places) await place?.leave();
  }

  /** The session's machine; `replayed` if it had to be built for that. */
  async function machineNow(signal: AbortSignal): Promise<{ machine: RemoteMachine; replayed?: Replayed }> {
    if (live?.place.wake(signal) === true) return live;
    live = undefined;
    await using opened = new AsyncDisposableStack();
    let files: readonly OpenFile[] = [];
    const openFds = async (): Promise<readonly number[]> => {
      files = opened.use(await openFiles(options, signal));
      return files.map(({ fd }) => fd);
    };
    const place = await pool.take(dataMbFor(options), signal, openFds, rehearsalFor(options));
    building = place;
    try {
      const machine = await openMachine(place.child, options, files, signal);
      const onCall = opening ? options.onReplayedCall : undefined;
      const replayed = await replay(machine, past.journal, {
        read,
        computeMs,
        first: firstRun(options),
        onCall,
        signal,
      });
      signal.throwIfAborted();
      live = { place, machine };
      return { machine, replayed };
    } catch (error) {
      await place.leave();
      throw error;
    } finally {
      if (building === place) building = undefined;
    }
  }

  /** Brings the machine to where the past ends and gives it the input; a process that is lost on the way is replaced. */
  async function advance<T>(
    input: (machine: RemoteMachine, replayed: Replayed | undefined) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | Done> {
    const begin = performance.now();
    for (let losses = 0; ;) {
      try {
        const { machine, replayed } = await machineNow(signal);
        if (replayed?.step?.kind === "done" && replayed.step.rolledBack === true) return replayed.step;
        return await input(machine, replayed);
      } catch (error) {
        signal.throwIfAborted();
        await leave();
        if (error instanceof BlamelessLoss && ++losses < maxLosses) continue;
        if (error instanceof BlamelessLoss)
          throw new SandboxError(`Cannot start a sandbox process for ${name}, ${losses} times: ${error.message}`, {
            cause: error,
          });
        if (!(error instanceof ChildLost)) throw error;
        // One death may be a kill from outside, so the block is tried once more; of two it is the cause.
        if (error.how === "exit" && ++past.deaths < maxDeaths) continue;
        return lostBlock(error, { ...limits, computeMs }, performance.now() - begin);
      }
    }
  }

  async function settle(progress: Progress): Promise<Progress> {
    // A block that never happened leaves nothing behind in the process; the next one gets another.
    if (progress.kind === "done" && progress.rolledBack === true) await leave();
    return progress;
  }

  const session: Session = {
    run: ({ code, clock }, outer) =>
      operate("run code", outer, async (signal) => {
        if (past.open)
          throw new SandboxError(`Cannot run code: a block of ${name} is open, it has to be resumed first`);
        past.deaths = 0;
        const step = await advance((machine) => machine.run({ code, clock, computeMs, of: past.run }), signal);
        signal.throwIfAborted();
        past.ran({ code, clock }, step);
        return await settle(step);
      }),
    resume: (results, outer) =>
      operate("resume", outer, async (signal) => {
        const { progress } = past.last;
        if (progress === undefined) throw new SandboxError(`Cannot resume: ${name} has run no block`);
        checkResults(results);
        const delivered = results.map(({ id, hash, ok, ref, value: { json } }) => ({ id, hash, ok, ref, json }));
        if (!past.open) {
          past.late(delivered);
          return progress;
        }
        if (results.length === 0) return { kind: "waiting", calls: [] };
        const step = await advance((machine, replayed) => {
          if (replayed?.step?.kind === "done")
            throw new ReplayError(`Cannot rebuild ${name}: its open block ended, and it waited before`);
          return machine.resume(results);
        }, signal);
        signal.throwIfAborted();
        past.resumed(delivered, step);
        return await settle(step);
      }),
    begin: (task) =>
      operate("begin a run", undefined, async () => {
        if (past.open)
          throw new SandboxError(`Cannot begin a run: a block of ${name} is open, it has to be resumed first`);
        checkTask(task);
        past.began(task);
      }),
    inspect: (outer) => look(true, outer),
    variables: async (outer) => (await look(false, outer)).variables,
    async close() {
      closed = true;
      busy?.abort(new SandboxError(`Cannot go on: ${name} was closed`));
      await Promise.all([gone, leave()]);
    },
    get last() {
      return past.last;
    },
    get live() {
      return live?.place.child.alive === true;
    },
    get digest() {
      return past.digest;
    },
  };

  function look(hashed: boolean, outer: AbortSignal | undefined): ReturnType<Session["inspect"]> {
    return operate("inspect", outer, async (signal) => {
      const inspected = await advance((machine) => machine.inspect(hashed), signal);
      if ("kind" in inspected) throw new SandboxError(`Cannot inspect ${name}: ${inspected.error?.message}`);
      return inspected;
    });
  }

  function checkTask({ run, contexts }: TaskEvent): void {
    const brought = options.contexts.filter((context) => context.run === run).map(contextContent);
    if (run <= past.run.run)
      throw new SandboxError(`Cannot begin run ${run}: ${name} is in run ${past.run.run} already`);
    if (canonicalJson(brought) !== canonicalJson(contexts))
      throw new SandboxError(`Cannot begin run ${run}: ${name} was not opened with its contexts`);
  }

  function checkResults(results: readonly SubResult[]): void {
    const ids = new Set<number>();
    for (const { id, hash } of results) {
      const expected = past.hashOf(id);
      if (expected === undefined || ids.has(id))
        throw new SandboxError(`Cannot resume: call ${id} of ${name} is not outstanding`);
      if (expected !== hash)
        throw new SandboxError(
          `Cannot resume: call ${id} of ${name} has the hash ${expected}, its result answers ${hash}`,
        );
      ids.add(id);
    }
  }

  // With no history to check there is no hurry: where processes are short, the first block brings its own.
  if (past.journal.length > 0 || pool.hasRoom()) {
    try {
      await operate("open a session", options.signal, async (signal) => {
        const outcome = await advance(async (_machine, replayed) => replayed ?? { outstanding: [] }, signal);
        signal.throwIfAborted();
        if ("kind" in outcome) past.replayed(outcome, []);
        else past.replayed(outcome.step, outcome.outstanding);
        if (past.last.progress !== undefined) await settle(past.last.progress);
      });
    } catch (error) {
      await session.close();
      throw error;
    }
  }
  opening = false;
  return session;
}

let opened = 0;
const maxLosses = 3;
const maxDeaths = 2;
