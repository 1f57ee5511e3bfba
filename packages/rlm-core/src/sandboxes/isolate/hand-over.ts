import { InputError, SandboxError } from "../../errors.ts";
import type { ContextRef } from "../../context.ts";
import type { SessionOptions } from "../../sandbox.ts";
import type { Child } from "../../confined/child-process.ts";
import { expectType, record, text } from "../../confined/guards.ts";
import type { OpenFile } from "./open-files.ts";
import { sendText } from "./send-text.ts";
import { encodeFrame, firstFileFd, maxReasonChars, type OpeningOptions } from "./wire.ts";

/** The most characters that a text may have to be one string in the sandbox. */
export const maxContextChars = 500_000_000;

/** Gives a fresh process its contexts and the rest of what its machine needs. Returns the megabytes that the contexts take there. */
export async function handOver(
  child: Child,
  options: SessionOptions,
  files: readonly OpenFile[],
  signal: AbortSignal,
): Promise<number> {
  const { contexts, stream } = options;
  let heldMb = 0;
  for (const [index, context] of contexts.filter(({ paged }) => paged === true).entries()) {
    const file = files[index]?.file;
    if (file === undefined) throw new SandboxError(`Cannot open a session: context "${context.name}" has no open file`);
    const { name, run = 0 } = context;
    void child.send(encodeFrame({ type: "paged", name, run, fd: firstFileFd + index, file }));
  }
  for (const context of contexts) {
    heldMb += keysMb(context);
    if (context.paged === true) continue;
    const { name, run = 0, kind, length } = context;
    void child.send(encodeFrame({ type: "context", name, run, kind, length }));
    heldMb +=
      (await sendText(child, { what: `context "${name}"`, length }, stream(context.ref), signal)) * copies[kind];
  }
  signal.throwIfAborted();
  const opened = child.exchange(openedOrRefused, {
    wallMs: openMs + openMsPerMb * heldMb,
    maxBytes: maxOpenedBytes,
  });
  void child.send(encodeFrame({ type: "open", options: machineOptions(options) }));
  const { refused } = await opened;
  if (refused !== undefined) throw new InputError(refused);
  return heldMb;
}

/** What a process that waits is told of the session that it may get: one like this. */
export function rehearsalFor(options: SessionOptions): Buffer {
  return encodeFrame({ type: "rehearse", options: machineOptions(options) });
}

function machineOptions({ seed, queries, tools, kits, responseFormat, cite, limits }: SessionOptions): OpeningOptions {
  const { promptChars, outputChars, heapMb, answerChars } = limits;
  return {
    seed,
    queries,
    tools,
    kits: [...kits],
    limits: { promptChars, outputChars, heapMb, answerChars },
    ...(responseFormat !== undefined && { responseFormat }),
    ...(cite && { cite }),
  };
}

/** What the kernel should let a process have that holds these contexts: while they are handed over there is one copy more. */
export function dataMbFor({ contexts, limits }: Pick<SessionOptions, "contexts" | "limits">): number {
  const heldMb = contexts.reduce(
    (sum, context) =>
      sum +
      keysMb(context) +
      (context.paged === true ? 0 : context.length * 2 * (copies[context.kind] + 1)) / 1_000_000,
    0,
  );
  return Math.ceil((dataBaseMb + limits.heapMb + heldMb) / 1_000) * 1_000;
}

/** What a block may compute: a context that is read in parts may be gone through once on top, a text at 100 million characters a second, rows and members at 15 million. */
export function computeMsFor({ contexts, limits }: Pick<SessionOptions, "contexts" | "limits">): number {
  return contexts.reduce(
    (sum, { length, kind, paged }) => sum + (paged === true ? length / (kind === "string" ? 100_000 : 15_000) : 0),
    limits.computeMs,
  );
}

/** An object that is read in parts has all of its keys in the process, and where their values are. */
function keysMb({ kind, items = 0, paged }: ContextRef): number {
  return paged === true && kind === "object" ? items * mbPerKey : 0;
}

// A text is there twice while it is handed on; parsed JSON takes more than its text.
const copies = { string: 2, array: 6, object: 6 };
// isolated-vm reserves half a gigabyte for each isolate, Node about as much for itself.
const dataBaseMb = 1_200;
const mbPerKey = 0.001;
const openMs = 30_000;
const openMsPerMb = 100;
const maxOpenedBytes = 4_000;
const maxNameChars = 200;

function openedOrRefused(frame: unknown): { refused?: string } {
  const { type, name, message } = record(frame, "a frame");
  if (type !== "refused") {
    expectType(frame, "opened");
    return {};
  }
  const reason = text(message, maxReasonChars, "a reason");
  return { refused: `Cannot use context "${text(name, maxNameChars, "a name")}": it is not valid JSON: ${reason}` };
}
