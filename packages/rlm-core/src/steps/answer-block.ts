import { answerCall, opensChild, type Settled } from "../queries/answer-call.ts";
import type { BudgetError, LimitName } from "../errors.ts";
import type { CallEvent, ResultEvent } from "../journal.ts";
import { argsToApprove } from "../queries/call-tool.ts";
import type { PendingReview } from "../review.ts";
import type { Run, TracedCall } from "../run.ts";
import type { Progress, Session, SubCall } from "../sandbox.ts";
import type { RlmState } from "../state.ts";
import { nextDelivery, turnsOf } from "../turns.ts";
import type { BlockLog } from "./block-log.ts";
import { askForMore, askOnCall, pendingReviews, refusalToAsk, type HeldCall } from "./held-calls.ts";
import { reviewOfCall } from "./reviews.ts";
import { spareResults } from "./spare-results.ts";

interface Arrival {
  call: SubCall;
  settled: Settled;
  /** What refused it, where a person is asked about that. */
  refused?: BudgetError;
}

/**
 * Answers the calls of a running block until it is done, or until all that is missing is for the driver: child RLMs to run,
 * or a person to ask. A person is asked here where the run has an `approve`.
 * Each result is written ahead, then delivered, in the order in which they come; those that come together go together.
 */
export async function answerBlock(
  session: Session,
  log: BlockLog,
  state: RlmState,
  run: Run,
): Promise<{ progress: Progress; deferred: SubCall[]; reviews: PendingReview[]; limit?: LimitName }> {
  const blockEnd = new AbortController();
  const signal = AbortSignal.any([run.signal, blockEnd.signal]);
  const arrivals = createArrivals(run.signal);
  const spare = spareResults(log.journal);
  const turn = turnsOf(log.journal).length;
  const deferred: SubCall[] = [];
  const reviews: PendingReview[] = [];
  // Refused by a limit that a person may raise, of which is asked when nothing else is in flight.
  let held: HeldCall[] = [];
  const flights: Promise<void>[] = [];
  const told = new Set<number>();
  let limit: LimitName | undefined;
  let inFlight = 0;
  let delivery = nextDelivery(log.journal);
  let progress = session.last.progress;
  if (progress === undefined) throw new TypeError("Cannot answer a block: the session has not run any");

  const known = new Set(
    turnsOf(log.journal)
      .at(-1)
      ?.calls.map(({ id }) => id),
  );
  try {
    let calls = progress.kind === "waiting" ? session.last.outstanding : [];
    while (progress.kind === "waiting") {
      for (const call of calls) {
        const paid = known.has(call.id) ? spare.givenTo(call.id) : spare.take(call.hash);
        if (!known.has(call.id)) await log.add(callEvent(call));
        known.add(call.id);
        if (paid === undefined && run.deferChildren && opensChild(call, state.depth, run.limits.depth))
          deferred.push(call);
        else if (
          paid === undefined &&
          run.approve === undefined &&
          awaitsPerson(call, { depth: state.depth, turn }, log, run)
        )
          reviews.push({ kind: "tool", id: call.id, tool: call.name ?? "", argsRef: await run.store.put(call.prompt) });
        else launch(call, paid);
      }
      calls = [];
      if (inFlight === 0 && deferred.length === 0 && held.length > 0 && run.approve !== undefined) {
        await askForMore(held, state, log, run);
        // Those of a limit that stays are refused once more, and that is what the code reads.
        for (const { call } of held) launch(call, undefined);
        held = [];
      }
      if (inFlight === 0) {
        // Children come first: a limit is asked about when nothing else is in flight.
        const asked = deferred.length > 0 ? [] : [...reviews, ...pendingReviews(held)];
        return { progress, deferred, reviews: asked, ...(limit && { limit }) };
      }
      // Another session may have taken the process away: then all results share one rebuild.
      const arrived = await arrivals.next(() => (session.live ? 1 : inFlight));
      inFlight -= arrived.length;
      const results = [];
      for (const { call, settled, refused } of arrived) {
        if (refused !== undefined) {
          held.push({ call, refused });
          continue;
        }
        limit ??= settled.limit;
        const { value, ok } = settled;
        const ref = await run.store.put(value.text);
        const result = {
          type: "result",
          id: call.id,
          hash: call.hash,
          ok,
          ref,
          json: value.json,
          delivery: delivery++,
          ...(settled.limit && { limit: settled.limit }),
        } as const;
        await log.add(result, value.text);
        results.push({ ...result, value });
      }
      if (results.length === 0) continue;
      progress = await session.resume(results, run.signal);
      calls = progress.kind === "waiting" ? progress.calls : [];
    }
    return { progress, deferred: [], reviews: [], ...(limit && { limit }) };
  } finally {
    // What the block did not wait for is not needed any more; children among it still have to close their sessions.
    blockEnd.abort(new DOMException("The block has ended", "AbortError"));
    await Promise.all(flights);
  }

  function launch(call: SubCall, paid: ResultEvent | undefined): void {
    inFlight++;
    flights.push(start(call, paid));
  }

  async function start(call: SubCall, paid: ResultEvent | undefined): Promise<void> {
    const place = { runId: run.id, depth: state.depth, turn, id: call.id, kind: call.kind };
    try {
      // One that was held is started again, and told of once.
      if (!told.has(call.id)) run.emit({ type: "query-start", ...place, label: call.prompt.slice(0, 80) });
      told.add(call.id);
      const settled =
        paid === undefined
          ? await answered(call)
          : { ok: true, value: { text: await run.store.get(paid.ref), json: paid.json } };
      if (signal.aborted) return;
      const refused = refusalToAsk(call, settled, state, run);
      if (refused !== undefined) return arrivals.push({ call, settled, refused });
      run.emit({
        type: "query-end",
        ...place,
        ok: settled.ok,
        ...(settled.usage && { usage: settled.usage }),
        ...(settled.model && { model: settled.model }),
        ...(settled.cached && { cached: true }),
      });
      arrivals.push({ call, settled });
    } catch (error) {
      if (!signal.aborted) arrivals.fail(error);
    }
  }

  async function answered(call: SubCall): Promise<Settled> {
    const said = reviewOfCall(call.id, log.journal) ?? (await askOnCall(call, { state, turn, signal }, log, run));
    return await run.traced(traceOf(call, turn), () => answerCall(call, state, run, signal, said));
  }
}

/** Whether a call of a tool waits for a person. */
function awaitsPerson(call: SubCall, place: { depth: number; turn: number }, { journal }: BlockLog, run: Run): boolean {
  return reviewOfCall(call.id, journal) === undefined && argsToApprove(call, place, run) !== undefined;
}

function callEvent({ id, kind, hash, name }: SubCall): CallEvent {
  return { type: "call", id, kind, hash, ...(name !== undefined && { name }) };
}

function traceOf({ id, kind, name, prompt, context }: SubCall, turn: number): TracedCall {
  const contextChars = context === undefined ? 0 : "ref" in context ? context.length : context.text.length;
  return { turn, id, kind, ...(name !== undefined && { name }), chars: prompt.length + contextChars };
}

/** What has come and nobody has taken yet; `next` waits for as many as `least` says, and throws what made the run fail. */
function createArrivals(signal: AbortSignal): {
  push(arrival: Arrival): void;
  fail(error: unknown): void;
  next(least: () => number): Promise<Arrival[]>;
} {
  let waiting: Arrival[] = [];
  let failure: { error: unknown } | undefined;
  let wake = (): void => {};
  return {
    push(arrival) {
      waiting.push(arrival);
      wake();
    },
    fail(error) {
      failure ??= { error };
      wake();
    },
    async next(least) {
      const onAbort = (): void => wake();
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        while (waiting.length < least() && failure === undefined && !signal.aborted) {
          const { promise, resolve } = Promise.withResolvers<void>();
          wake = resolve;
          await promise;
        }
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
      signal.throwIfAborted();
      if (failure !== undefined) throw failure.error;
      const taken = waiting;
      waiting = [];
      return taken;
    },
  };
}
