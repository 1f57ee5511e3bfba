import type { CallValue, Done, SessionOptions, SubCall, Variable } from "../../sandbox.ts";
import { hashCall } from "../../hash.ts";
import { BadFrame } from "./bad-frame.ts";
import { callChars, checkCall, maxCallsInFlight, maxCharsInFlight } from "./check-call.ts";
import { checkDone, checkInspected } from "./check-done.ts";
import type { Child } from "./child-process.ts";
import { record } from "./guards.ts";
import { sendContext } from "./send-context.ts";
import { encodeFrame } from "./wire.ts";

/** The machine of a child process, from the parent's side: every cap is enforced again, every entry is watched. Rejects with ChildLost. */
export interface RemoteMachine {
  run(block: { code: string; clock: number; computeMs: number }): Promise<RemoteStep>;
  resume(results: readonly { id: number; ok: boolean; value: CallValue }[]): Promise<RemoteStep>;
  inspect(): Promise<{ hash: string; variables: Variable[] }>;
}

export type RemoteStep = { kind: "waiting"; calls: SubCall[] } | Done;

/** Gives a fresh process its contexts and opens the machine in it. */
export async function openMachine(child: Child, options: SessionOptions, signal: AbortSignal): Promise<RemoteMachine> {
  const { contexts, read, seed, queries, tools, kits, responseFormat, limits } = options;
  const { promptChars, outputChars, heapMb, answerChars, computeMs } = limits;
  let contextBytes = 0;
  let heldMb = 0;
  for (const { name, kind, ref } of contexts) {
    const bytes = await sendContext(child, { name, kind, text: await read(ref) }, signal);
    contextBytes += bytes;
    heldMb += (bytes * copies[kind]) / 1_000_000;
  }
  signal.throwIfAborted();

  const opened = child.exchange((frame) => expect(frame, "opened"), { wallMs: openMs + contextBytes / openBytesPerMs, maxBytes: maxSmallBytes });
  void child.send(
    encodeFrame({
      type: "open",
      options: { seed, queries, tools, kits: [...kits], limits: { promptChars, outputChars, heapMb, answerChars }, ...(responseFormat !== undefined && { responseFormat }) },
    }),
  );
  await opened;

  const memoryMb = heapMb + heldMb + baseMb;
  const maxBytes = bytesPerChar * (maxCharsInFlight + answerChars + outputChars) + maxSmallBytes;
  const open = new Map<number, number>();
  let charsInFlight = 0;
  let lastId = 0;
  let budgetMs = 0;

  async function enter(frames: Buffer[]): Promise<RemoteStep> {
    const calls: SubCall[] = [];
    const begin = performance.now();
    const answer = child.exchange((frame) => step(frame, calls), { wallMs: Math.max(0, budgetMs) + graceMs, memoryMb, maxBytes });
    void child.send(Buffer.concat(frames));
    try {
      return await answer;
    } finally {
      budgetMs -= performance.now() - begin;
    }
  }

  function step(frame: unknown, calls: SubCall[]): RemoteStep | undefined {
    const { type, call, done } = record(frame, "a frame");
    if (type === "call") {
      const checked = checkCall(call, lastId, { queries, tools, promptChars });
      lastId = checked.id;
      open.set(checked.id, callChars(checked));
      charsInFlight += callChars(checked);
      if (open.size > maxCallsInFlight || charsInFlight > maxCharsInFlight) throw new BadFrame("more calls at once than a block may have");
      calls.push({ ...checked, hash: hashCall(checked) });
      return undefined;
    }
    if (type === "waiting" && open.size > 0) return { kind: "waiting", calls };
    if (type !== "done") throw new BadFrame("a frame that does not answer an entry");
    const checked = checkDone(done, { outputChars, answerChars, ...(responseFormat !== undefined && { responseFormat }) });
    open.clear();
    charsInFlight = 0;
    return checked;
  }

  return {
    run({ code, clock, computeMs: budget }) {
      budgetMs = budget;
      return enter([encodeFrame({ type: "run", code, clock, computeMs: budget })]);
    },
    resume(results) {
      for (const { id } of results) {
        charsInFlight -= open.get(id) ?? 0;
        open.delete(id);
      }
      return enter([...results.map(({ id, ok, value }) => encodeFrame({ type: "result", id, ok, value })), encodeFrame({ type: "answer" })]);
    },
    async inspect() {
      const inspected = child.exchange((frame) => checkInspected(expect(frame, "inspected")), { wallMs: computeMs + openMs, memoryMb: 2 * memoryMb, maxBytes });
      void child.send(encodeFrame({ type: "inspect" }));
      return await inspected;
    },
  };
}

/** The most characters that a text may have to be one string in the sandbox. */
export const maxContextChars = 500_000_000;

/** What the kernel should let a process have that holds these contexts: while they are handed over there are three copies. */
export function dataMbFor({ contexts, limits }: SessionOptions): number {
  const heldMb = contexts.reduce((sum, { length, kind }) => sum + (length * 2 * (copies[kind] + 1)) / 1_000_000, 0);
  return Math.ceil((dataBaseMb + limits.heapMb + heldMb) / 1_000) * 1_000;
}

// isolated-vm reserves half a gigabyte for each isolate, Node about as much for itself.
const dataBaseMb = 1_200;
const baseMb = 350;
// A text is there twice while it is handed on; parsed JSON takes more than its text.
const copies = { string: 2, array: 6, object: 6 };
const graceMs = 1_000;
const openMs = 30_000;
const openBytesPerMs = 10_000;
// UTF-8 needs three for most of the world's letters; JSON adds escapes.
const bytesPerChar = 4;
const maxSmallBytes = 64_000_000;

function expect(frame: unknown, type: string): Record<string, unknown> {
  const given = record(frame, "a frame");
  if (given["type"] !== type) throw new BadFrame(`a frame that is not "${type}"`);
  return given;
}
