import { settled, type Settled } from "../queries/answer-call.ts";
import type { Run } from "../run.ts";
import type { PendingCall, RlmState } from "../state.ts";
import { nextDelivery, turnsOf } from "../turns.ts";
import { openBlockLog } from "./block-log.ts";

/** One child RLM, for a driver that runs children outside of `execute`; all of `state.pending` in parallel. */
export async function submodel(call: PendingCall, state: Pick<RlmState, "depth">, run: Run): Promise<Settled> {
  const place = { runId: run.id, depth: state.depth, turn: call.turn, id: call.id, kind: "rlm" } as const;
  const query = await run.store.get(call.queryRef);
  run.emit({ type: "query-start", ...place, label: query.slice(0, 80) });
  const result = await settled(() => run.recurse(call, run.signal), run.signal);
  run.emit({ type: "query-end", ...place, ok: result.ok, ...(result.usage && { usage: result.usage }) });
  return result;
}

/** The state with what its pending children came to: in the order of the calls, for a graph may give them in another. */
export async function deliverResults(
  state: RlmState,
  results: ReadonlyMap<number, Settled>,
  run: Run,
): Promise<RlmState> {
  const log = await openBlockLog(state, run);
  let limit = state.limit;
  let delivery = nextDelivery(log.journal);
  // An earlier try of this step may have come so far.
  const delivered = new Set(
    log.journal.slice(state.journal.length).map((event) => event.type === "result" && event.id),
  );
  for (const { id, hash } of state.pending) {
    const result = results.get(id);
    limit ??= result?.limit;
    if (delivered.has(id)) continue;
    if (result === undefined)
      throw new TypeError(
        `Cannot go on: the child of call ${id} has no result (turn ${turnsOf(state.journal).length})`,
      );
    const { ok, value } = result;
    const ref = await run.store.put(value.text);
    const refused = result.limit && { limit: result.limit };
    await log.add(
      { type: "result", id, hash, ok, ref, json: value.json, delivery: delivery++, ...refused },
      value.text,
    );
  }
  // What an earlier try wrote behind them is left to the step that goes on, for that step's log still needs it.
  const journal = log.journal.slice(0, state.journal.length + state.pending.length);
  return { ...state, journal, pending: [], ...(limit && { limit }) };
}
