import { digestAfter, initialDigest, withoutRolledBack } from "../../digest.ts";
import type { EndEvent, JournalEvent, ResultEvent, TaskEvent } from "../../journal.ts";
import type { Done, Progress, Session, SessionOptions, SubCall } from "../../sandbox.ts";
import type { MachineRun } from "./machine.ts";
import { endEvent, runOf } from "./replay.ts";

/**
 * What a session keeps in the parent: all that a rebuild needs, and what it last said.
 * It changes only by whole inputs that went well, so that an input that was aborted has never been.
 */
export interface Past {
  /** Without rolled-back blocks; texts only as references. */
  readonly journal: readonly JournalEvent[];
  readonly digest: string;
  readonly last: Session["last"];
  /** The newest run. */
  readonly run: MachineRun;
  /** Whether a block has begun and not ended. */
  readonly open: boolean;
  /** Processes that the open block has cost. */
  deaths: number;
  /** Hash of a call that a result may answer: an outstanding one, or one that the last block's FINAL left over. */
  hashOf(id: number): string | undefined;
  /** A block began, and came to this. */
  ran(block: { code: string; clock: number }, step: Progress): void;
  /** A further run began. */
  began(task: TaskEvent): void;
  /** Results were delivered to the open block, and it came to this. */
  resumed(results: readonly Delivered[], step: Progress): void;
  /** Results came for calls that FINAL had left over: nobody sees them, but they are in the journal. */
  late(results: readonly Delivered[]): void;
  /** The history was replayed up to here. */
  replayed(step: Progress | undefined, outstanding: readonly SubCall[]): void;
}

/** A result as the journal knows it. */
export type Delivered = Omit<ResultEvent, "type" | "delivery">;

export function createPast(
  options: Pick<SessionOptions, "seed" | "contexts" | "history" | "responseFormat" | "cite">,
): Past {
  const history = options.history ?? [];
  const journal = withoutRolledBack(history);
  const outstanding = new Map<number, SubCall>();
  let leftOver = new Map<number, string>();
  let digest = journal.reduce(digestAfter, initialDigest(options));
  let progress: Progress | undefined;
  let deaths = 0;
  // Where the open block began: a rollback returns to it.
  let begin = openBlockOf(journal);

  function append(event: JournalEvent): void {
    journal.push(event);
    digest = digestAfter(digest, event);
  }

  function deliver(results: readonly Delivered[]): void {
    for (const { id, hash, ok, ref, json } of results) {
      append({ type: "result", id, hash, ok, ref, json, delivery: 0 });
      outstanding.delete(id);
      leftOver.delete(id);
    }
  }

  function take(step: Progress): void {
    progress = step;
    if (step.kind === "waiting") {
      for (const call of step.calls) {
        outstanding.set(call.id, call);
        append({ type: "call", id: call.id, kind: call.kind, hash: call.hash });
      }
      return;
    }
    if (step.rolledBack === true) {
      journal.length = begin?.length ?? journal.length;
      digest = begin?.digest ?? digest;
      leftOver.clear();
    } else {
      append(endEvent(step));
      leftOver = new Map([...outstanding.values()].map(({ id, hash }) => [id, hash]));
    }
    outstanding.clear();
    begin = undefined;
    deaths = 0;
  }

  function openBlockOf(events: readonly JournalEvent[]): { length: number; digest: string } | undefined {
    const length = events.findLastIndex(({ type }) => type === "block");
    if (length < 0 || events.slice(length).some(({ type }) => type === "end")) return undefined;
    return { length, digest: events.slice(0, length).reduce(digestAfter, initialDigest(options)) };
  }

  return {
    journal,
    get digest() {
      return digest;
    },
    get last() {
      return { progress, outstanding: [...outstanding.values()] };
    },
    get run() {
      const task = journal.findLast((event) => event.type === "task");
      return task === undefined ? firstRun(options) : runOf(task);
    },
    get open() {
      return begin !== undefined;
    },
    get deaths() {
      return deaths;
    },
    set deaths(count) {
      deaths = count;
    },
    hashOf: (id) => outstanding.get(id)?.hash ?? leftOver.get(id),
    ran(block, step) {
      begin = { length: journal.length, digest };
      append({ type: "block", ...block });
      take(step);
    },
    began: append,
    resumed(results, step) {
      deliver(results);
      take(step);
    },
    late: deliver,
    replayed(step, calls) {
      progress = lastRolledBack(history) ?? step;
      if (begin === undefined || step === undefined) return;
      // The journal has the calls of the open block already, all but those that were never written down.
      const known = new Set(journal.slice(begin.length).flatMap((event) => (event.type === "call" ? [event.id] : [])));
      take(step.kind === "done" ? step : { kind: "waiting", calls: [] });
      progress = step;
      for (const call of calls) {
        outstanding.set(call.id, call);
        if (!known.has(call.id)) append({ type: "call", id: call.id, kind: call.kind, hash: call.hash });
      }
    },
  };
}

/** A session's first run as a machine has to know it. */
export function firstRun({ responseFormat, cite }: Pick<SessionOptions, "responseFormat" | "cite">): MachineRun {
  return { run: 0, ...(responseFormat && { responseFormat }), ...(cite && { cite }) };
}

function lastRolledBack(history: readonly JournalEvent[]): Done | undefined {
  const end = history.findLast((event): event is EndEvent => event.type === "end");
  const block = history.findLastIndex(({ type }) => type === "block");
  if (end?.rolledBack !== true || block > history.indexOf(end)) return undefined;
  const { output, error, computeMs } = end;
  return { kind: "done", output, ...(error !== undefined && { error }), rolledBack: true, computeMs };
}
