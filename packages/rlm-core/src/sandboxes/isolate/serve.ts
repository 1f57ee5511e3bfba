import { setImmediate } from "node:timers/promises";
import { collectGarbage } from "./collect-garbage.ts";
import { openInbox, type Inbox } from "./inbox.ts";
import type { Machine, MachineOptions, Step } from "./machine.ts";
import { pagedText } from "../../paged-text.ts";
import { receiveText } from "./receive-text.ts";
import { openSyncPipe, type SyncPipe } from "./sync-pipe.ts";
import { UnfitContext } from "./unfit-context.ts";
import { maxReasonChars, pipeFd, type OpeningOptions, type ToChild } from "./wire.ts";

/** Makes the machine; `prepare` does ahead what it can of it. */
export interface Maker {
  createMachine(options: MachineOptions): Machine;
  prepare(options: OpeningOptions): void;
}

/**
 * The child process: one machine, driven by the frames of its parent until the pipe ends.
 * An error here is a fault of ours and ends the process; errors of the model's code are steps.
 */
export async function serve({ createMachine, prepare }: Maker): Promise<void> {
  const pipe = openSyncPipe(pipeFd);
  pipe.write({ type: "ready" });
  pipe.flush();
  const contexts: MachineOptions["contexts"] = [];
  const inbox = openInbox(pipe);
  const machine = openMachine(pipe, inbox, contexts, { createMachine, prepare });
  if (machine === undefined) return;
  pipe.write({ type: "opened" });
  pipe.flush();
  // The machine has its own copy of the texts; nothing here would ask for so much memory again and so free this one.
  const chars = contexts.reduce((sum, context) => sum + ("text" in context ? context.text.length : 0), 0);
  contexts.length = 0;
  if (chars > worthCollecting) collectGarbage();
  const handle = handler(machine, pipe);
  // As between the entries, so that the first one too has as much stack as it has in a replay.
  await setImmediate();
  for (let frame = inbox.next(); frame !== undefined; frame = inbox.next()) {
    handle(frame);
    pipe.flush();
    // Node's own housekeeping (collected handles, finished tasks) runs between entries.
    if (frame.type !== "result") await setImmediate();
  }
}

const worthCollecting = 4_000_000;

function openMachine(
  pipe: SyncPipe,
  { library }: Inbox,
  contexts: MachineOptions["contexts"],
  { createMachine, prepare }: Maker,
): Machine | undefined {
  for (let frame = pipe.read(); frame !== undefined; frame = pipe.read()) {
    if (frame.type === "open")
      return machineOrRefusal(() => createMachine({ ...frame.options, contexts, library }), pipe);
    if (frame.type === "rehearse") {
      rehearse(createMachine, frame.options);
      prepare(frame.options);
      continue;
    }
    if (frame.type === "paged") {
      const { view } = frame.file;
      const { name, run } = frame;
      contexts.push({ name, run, paged: pagedText(frame.fd, frame.file), ...(view && { view }) });
      continue;
    }
    if (frame.type !== "context") throw new Error(`Cannot do "${frame.type}": there is no machine yet`);
    const { name, run, kind } = frame;
    contexts.push({ name, run, kind, text: receiveText(pipe, frame.length) });
  }
  return undefined;
}

// What a first block runs through is compiled by it: a context, printing, a query, its result.
function rehearse(createMachine: Maker["createMachine"], { limits }: OpeningOptions): void {
  const machine = createMachine({
    contexts: [{ name: "context", kind: "string", text: "x" }],
    seed: 0,
    queries: true,
    tools: [],
    kits: [],
    library: () => "",
    limits: { ...limits, heapMb: 16 },
  });
  machine.run({ code: rehearsed, clock: 0, computeMs: 1_000 });
  machine.resume({ id: 1, ok: true, value: { text: "x", json: false } });
}

const rehearsed = "const part = context.slice(0, 5); print(part, await llm_query(part))";

function machineOrRefusal(create: () => Machine, pipe: SyncPipe): Machine | undefined {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof UnfitContext)) throw error;
    pipe.write({ type: "refused", name: error.context, message: error.message.slice(0, maxReasonChars) });
    pipe.flush();
    return undefined;
  }
}

function handler(machine: Machine, pipe: SyncPipe): (frame: ToChild) => void {
  let last: Step = { kind: "waiting", calls: [] };
  let entered = false;
  // Said before any code runs, so that the parent can tell a process that this code has killed from one that was gone.
  const enter = (): void => {
    if (entered) return;
    entered = true;
    pipe.write({ type: "entered" });
    pipe.flush();
  };
  const take = (step: Step): void => {
    last = step;
    if (step.kind === "waiting") for (const call of step.calls) pipe.write({ type: "call", call });
  };
  const answer = (): void => {
    entered = false;
    pipe.write(last.kind === "waiting" ? { type: "waiting" } : { type: "done", done: last });
  };

  return (frame) => {
    switch (frame.type) {
      case "run":
        enter();
        take(machine.run(frame));
        return answer();
      case "result":
        enter();
        // A result before it may have ended the block (FINAL); what comes after is for nobody.
        if (last.kind === "waiting") take(machine.resume(frame));
        return;
      case "answer":
        return answer();
      case "inspect":
        return pipe.write({ type: "inspected", ...machine.inspect(frame.hashed) });
      case "library":
        throw new Error("Cannot take a library: none was asked for");
      case "context":
      case "piece":
      case "paged":
      case "rehearse":
      case "open":
        throw new Error("Cannot open a machine: there is one already");
    }
  };
}
