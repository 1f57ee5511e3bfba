import type { ContextRef } from "../../context.ts";
import { partRef } from "../../file-ref.ts";
import type { CallValue, Done, SessionOptions, SubCall, TextReference, Variable } from "../../sandbox.ts";
import { hashCall } from "../../hash.ts";
import { BadFrame } from "../../confined/bad-frame.ts";
import { callChars, checkCall, maxCallsInFlight, maxCharsInFlight } from "./check-call.ts";
import { checkDone, checkInspected } from "./check-done.ts";
import { BlamelessLoss, ChildLost } from "../../confined/child-lost.ts";
import type { Child } from "../../confined/child-process.ts";
import { expectType, record } from "../../confined/guards.ts";
import type { GuestPart } from "./guest/host.ts";
import { handOver } from "./hand-over.ts";
import { librariesOf, type Libraries } from "./libraries.ts";
import { contextKey, type MachineRun } from "./machine.ts";
import type { OpenFile } from "./open-files.ts";
import { encodeFrame } from "./wire.ts";

/** The machine of a child process, from the parent's side: every cap is enforced again, every entry is watched. Rejects with ChildLost, or BlamelessLoss where no code ran. */
export interface RemoteMachine {
  /** `of`: the session's run that the block belongs to. */
  run(block: {
    code: string;
    clock: number;
    computeMs: number;
    recorded?: boolean;
    of: MachineRun;
  }): Promise<RemoteStep>;
  resume(results: readonly { id: number; ok: boolean; value: CallValue }[]): Promise<RemoteStep>;
  inspect(hashed: boolean): Promise<{ hash: string; variables: Variable[] }>;
}

export type RemoteStep = { kind: "waiting"; calls: SubCall[] } | Done;

/** The machine of a fresh process, with its contexts in it. Rejects with BlamelessLoss if the process does not come to that. */
export async function openMachine(
  child: Child,
  options: SessionOptions,
  files: readonly OpenFile[],
  signal: AbortSignal,
): Promise<RemoteMachine> {
  try {
    const libraries = librariesOf(options);
    await child.ready();
    return remoteMachine(child, options, libraries, await handOver(child, options, files, signal));
  } catch (error) {
    throw error instanceof ChildLost ? new BlamelessLoss(error) : error;
  }
}

/** `heldMb`: what the contexts take of the process's memory. */
function remoteMachine(child: Child, options: SessionOptions, libraries: Libraries, heldMb: number): RemoteMachine {
  const { queries, tools } = options;
  let { responseFormat, cite } = options;
  const contexts = options.contexts.map((context) => ({ name: contextKey(context), length: context.length }));
  const { promptChars, outputChars, heapMb, answerChars, computeMs } = options.limits;
  const memoryMb = heapMb + heldMb + libraries.heldMb + baseMb;
  const maxBytes = bytesPerChar * (maxCharsInFlight + answerChars + outputChars) + maxSmallBytes;
  const open = new Map<number, number>();
  let charsInFlight = 0;
  let lastId = 0;
  let budgetMs = 0;
  let passedMs = 0;

  async function enter(frames: Buffer[]): Promise<RemoteStep> {
    const calls: SubCall[] = [];
    let entered = false;
    const accept = (frame: unknown): RemoteStep | undefined => {
      if (entered) return step(frame, calls);
      expectType(frame, "entered");
      entered = true;
      return undefined;
    };
    const begin = performance.now();
    const answer = child.exchange(accept, { wallMs: Math.max(0, budgetMs) + graceMs, memoryMb, maxBytes });
    void sendInParts(frames);
    try {
      const answered = await answer;
      if (answered.kind === "waiting") return answered;
      // A replay gives the block a multiple of this: it is no more than what passed here.
      return { ...answered, computeMs: Math.min(answered.computeMs, passedMs + performance.now() - begin) };
    } catch (error) {
      // It was gone before: the code has not seen this entry.
      throw error instanceof ChildLost && error.how === "exit" && !entered ? new BlamelessLoss(error) : error;
    } finally {
      passedMs += performance.now() - begin;
      budgetMs -= performance.now() - begin;
    }
  }

  /** A library that is asked for comes after the part that is on its way: the process has to keep no more than that. */
  async function sendInParts(frames: Buffer[]): Promise<void> {
    let part: Buffer[] = [];
    let bytes = 0;
    for (const frame of frames) {
      part.push(frame);
      bytes += frame.length;
      if (bytes < partBytes) continue;
      await child.send(Buffer.concat(part));
      part = [];
      bytes = 0;
    }
    await child.send(Buffer.concat(part));
  }

  function step(frame: unknown, calls: SubCall[]): RemoteStep | undefined {
    const { type, call, hash, done } = record(frame, "a frame");
    if (type === "library") {
      libraries.give(child, hash);
      return undefined;
    }
    if (type === "call") {
      const checked = checkCall(call, lastId, { queries, tools, promptChars, answerChars, contexts });
      lastId = checked.id;
      open.set(checked.id, callChars(checked));
      charsInFlight += callChars(checked);
      if (open.size > maxCallsInFlight || charsInFlight > maxCharsInFlight)
        throw new BadFrame("more calls at once than a block may have");
      const { context, ...rest } = checked;
      const posted = {
        ...rest,
        ...(context && { context: "text" in context ? context : referenceTo(context, options) }),
      };
      calls.push({ ...posted, hash: hashCall(posted) });
      return undefined;
    }
    if (type === "waiting" && open.size > 0) return { kind: "waiting", calls };
    if (type !== "done") throw new BadFrame("a frame that does not answer an entry");
    const checked = checkDone(done, {
      outputChars,
      answerChars,
      ...(responseFormat !== undefined && { responseFormat }),
      ...(cite && { cite }),
    });
    open.clear();
    charsInFlight = 0;
    return checked;
  }

  return {
    run({ code, clock, computeMs: budget, recorded = false, of }) {
      ({ responseFormat, cite } = of);
      budgetMs = budget;
      passedMs = 0;
      return enter([encodeFrame({ type: "run", code, clock, computeMs: budget, recorded, of })]);
    },
    resume(results) {
      for (const { id } of results) {
        charsInFlight -= open.get(id) ?? 0;
        open.delete(id);
      }
      return enter([
        ...results.map(({ id, ok, value }) => encodeFrame({ type: "result", id, ok, value })),
        encodeFrame({ type: "answer" }),
      ]);
    },
    async inspect(hashed) {
      const inspected = child.exchange((frame) => checkInspected(expectType(frame, "inspected")), {
        wallMs: computeMs + inspectMs,
        memoryMb: 2 * memoryMb,
        maxBytes,
      });
      void child.send(encodeFrame({ type: "inspect", hashed }));
      return await inspected.catch((error: unknown) => {
        throw error instanceof ChildLost && error.how === "exit" ? new BlamelessLoss(error) : error;
      });
    },
  };
}

/** A part of a context as the store knows it; of a context that is no file there is no part but the whole. */
function referenceTo({ context, from, length }: GuestPart, { contexts }: SessionOptions): TextReference | ContextRef {
  const found = contexts.find((given) => contextKey(given) === context);
  if (found === undefined) throw new BadFrame(`a part of "${context}", which is not here`);
  const { run, ...whole } = found;
  if (from === 0 && length === whole.length) return whole;
  if (whole.paged !== true || whole.kind !== "string")
    throw new BadFrame(`a part of "${context}", which is not read in parts`);
  return { ref: partRef(whole.ref, from, length), length };
}

const baseMb = 350;
const partBytes = 1_000_000;
const graceMs = 1_000;
const inspectMs = 120_000;
// UTF-8 needs three for most of the world's letters; JSON adds escapes.
const bytesPerChar = 4;
const maxSmallBytes = 64_000_000;
