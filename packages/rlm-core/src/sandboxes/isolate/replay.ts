import { canonicalJson } from "../../hash.ts";
import { ReplayError, SandboxError } from "../../errors.ts";
import type { BlockEvent, CallEvent, EndEvent, JournalEvent, ResultEvent, TaskEvent } from "../../journal.ts";
import type { Done, SubCall } from "../../sandbox.ts";
import { textRef } from "../../text-ref.ts";
import { BlamelessLoss, ChildLost } from "../../confined/child-lost.ts";
import type { MachineRun } from "./machine.ts";
import type { RemoteMachine, RemoteStep } from "./remote-machine.ts";

export interface ReplayOptions {
  /** Texts of results, by reference. */
  read(ref: string): Promise<string>;
  /** The session's first run. */
  first: MachineRun;
  /** What a block may compute; one that ended gets ten times what it took, for this machine may be slower. */
  computeMs: number;
  /** Hears every call that the code posts. */
  onCall?: ((call: SubCall) => void) | undefined;
  signal: AbortSignal;
}

/** Where a replay has come to: the last step, if there was a block, and the calls of the open one that have no result. */
export interface Replayed {
  step?: RemoteStep;
  outstanding: SubCall[];
}

/**
 * Runs the journal's blocks on a fresh machine with the journal's results, in its order, and compares all that comes of it.
 * Throws ReplayError at the first difference; rejects with ChildLost only in a block that has not ended.
 */
export async function replay(
  machine: RemoteMachine,
  journal: readonly JournalEvent[],
  options: ReplayOptions,
): Promise<Replayed> {
  let replayed: Replayed = { outstanding: [] };
  for (const [index, block] of blocksOf(journal, options.first).entries()) {
    options.signal.throwIfAborted();
    try {
      replayed = await replayBlock(machine, block, index + 1, options);
    } catch (error) {
      throw error instanceof ChildLost && block.end !== undefined ? new BlamelessLoss(error) : error;
    }
  }
  return replayed;
}

/** The journal's form of a block's end. */
export function endEvent({ output, error, answer, rolledBack, computeMs }: Done): EndEvent {
  return {
    type: "end",
    output,
    ...(error !== undefined && { error }),
    ...(answer !== undefined && { answer: { ref: textRef(answer.text), json: answer.json } }),
    ...(rolledBack !== undefined && { rolledBack }),
    computeMs,
  };
}

/** A further run as a machine has to know it. */
export function runOf({ run, responseFormat, cite }: TaskEvent): MachineRun {
  return { run, ...(responseFormat && { responseFormat }), ...(cite && { cite }) };
}

interface Block extends BlockEvent {
  of: MachineRun;
  events: (CallEvent | ResultEvent)[];
  end?: EndEvent;
}

function blocksOf(journal: readonly JournalEvent[], first: MachineRun): Block[] {
  const blocks: Block[] = [];
  let of = first;
  for (const event of journal) {
    if (event.type === "task") of = runOf(event);
    if (event.type === "block") blocks.push({ ...event, of, events: [] });
    const block = blocks.at(-1);
    if (block === undefined) continue;
    if (event.type === "call" || event.type === "result") block.events.push(event);
    if (event.type === "end") block.end = event;
  }
  return blocks;
}

async function replayBlock(
  machine: RemoteMachine,
  block: Block,
  number: number,
  { read, computeMs, onCall, signal }: ReplayOptions,
): Promise<Replayed> {
  const asked = new Map<number, SubCall>();
  const open = new Map<number, SubCall>();
  // Results go together as long as no call has to be compared between them; in the machine each is an entry of its own.
  let batch: ResultEvent[] = [];
  let step = take(
    await machine.run({
      code: block.code,
      clock: block.clock,
      computeMs: Math.max(computeMs, slowerBy * (block.end?.computeMs ?? 0)),
      recorded: block.end !== undefined,
      of: block.of,
    }),
  );

  function take(next: RemoteStep): RemoteStep {
    if (next.kind === "done") open.clear();
    for (const call of next.kind === "waiting" ? next.calls : []) {
      asked.set(call.id, call);
      open.set(call.id, call);
      onCall?.(call);
    }
    return next;
  }

  async function deliver(): Promise<void> {
    if (batch.length > 0 && step.kind === "waiting") {
      const results = await Promise.all(
        batch.map(async ({ id, ok, ref, json }) => ({ id, ok, value: { text: await read(ref), json } })),
      );
      signal.throwIfAborted();
      step = take(await machine.resume(results));
    }
    batch = [];
  }

  for (const event of block.events) {
    if (event.type === "call" || !asked.has(event.id)) await deliver();
    if (step.kind === "done" && (step.rolledBack === true || event.type === "result")) continue;
    const difference = callDifference(event, asked.get(event.id));
    if (difference !== undefined) throw new ReplayError(`Cannot replay block ${number}: ${difference}`);
    if (event.type === "result" && open.delete(event.id)) batch.push(event);
  }
  await deliver();

  if (block.end !== undefined) checkEnd(step, block.end, number, open);
  return { step, outstanding: [...open.values()] };
}

const slowerBy = 10;

function callDifference(event: CallEvent | ResultEvent, call: SubCall | undefined): string | undefined {
  if (call === undefined)
    return `the journal has call ${event.id} (${shortHash(event.hash)}), the code did not make it`;
  if (call.hash === event.hash) return undefined;
  return `call ${event.id} differs: the journal has ${shortHash(event.hash)}, the code asks ${shortHash(call.hash)} (${call.kind} ${shortText(call.prompt)})`;
}

function checkEnd(step: RemoteStep, then: EndEvent, number: number, open: ReadonlyMap<number, SubCall>): void {
  if (step.kind === "waiting") {
    const [call] = open.values();
    throw new ReplayError(
      `Cannot replay block ${number}: it had ended, now it waits for call ${call?.id} (${call?.kind} ${shortText(call?.prompt ?? "")})`,
    );
  }
  if (step.rolledBack === true)
    throw new SandboxError(
      `Cannot rebuild the session: block ${number} had ended, now it does not: ${step.error?.message}`,
    );
  const now = endEvent(step);
  for (const part of ["output", "error", "answer"] as const) {
    const [before, after] = [canonicalJson(then[part] ?? null), canonicalJson(now[part] ?? null)];
    if (before === after) continue;
    const at = firstDifference(before, after);
    throw new ReplayError(
      `Cannot replay block ${number}: its ${part} differs at character ${at}: the journal has ${shortText(before.slice(at))}, the code gives ${shortText(after.slice(at))}`,
    );
  }
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

function shortHash(hash: string): string {
  return hash.slice(0, 12);
}

function shortText(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
