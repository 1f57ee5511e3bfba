import { startChild } from "./child-process.ts";
import { encodeFrame } from "./encode-frame.ts";
import { expectType, text } from "./guards.ts";
import { confine, confinementTools, seal } from "./layers.ts";

/** A program that reads what may be hostile. It sends `{ type: "ready" }` once all of its code is loaded, for from then on it may open nothing. */
export interface ConfinedProgram {
  file: string;
  /** Files and folders that it has to read for its code; nothing else of the machine. */
  readable: readonly string[];
}

export interface ConfinedOptions {
  /** How long it may work on the input; it is killed then. */
  timeoutMs: number;
  /** Resident memory that it may have. */
  memoryMb: number;
  /** The longest text that it may answer with. */
  outputChars: number;
  signal?: AbortSignal;
}

/**
 * Gives `input` to a fresh confined process, on its file descriptor 3: a frame `{ type: "input", length }` and the bare
 * bytes. Resolves with the text of its frame `{ type: "output", text }`; the process is gone then, as it is after an
 * error. Rejects with ChildLost if it had to be killed or ended by itself, BadFrame for another answer, or the signal's reason.
 */
export async function runConfined(
  { file, readable }: ConfinedProgram,
  input: Uint8Array,
  { timeoutMs, memoryMb, outputChars, signal }: ConfinedOptions,
): Promise<string> {
  signal?.throwIfAborted();
  const tools = await confinementTools();
  signal?.throwIfAborted();
  const dataMb = memoryMb + nodeDataMb;
  const node = [process.execPath, ...nodeFlags, ...readable.map((path) => `--allow-fs-read=${path}`), file];
  const child = startChild(confine(tools, dataMb, node), {
    dataMb,
    fds: [],
    detached: tools.ownProcesses === true,
    seal: (pid) => seal(tools, pid),
  });
  const abort = (): void => void child.kill();
  signal?.addEventListener("abort", abort);
  try {
    await child.ready();
    // A character has at most 6 bytes in JSON.
    const maxBytes = outputChars * 6 + frameBytes;
    const answer = child.exchange((frame) => expectType(frame, "output"), { wallMs: timeoutMs, memoryMb, maxBytes });
    const [output] = await Promise.all([
      answer,
      child.send(Buffer.concat([encodeFrame({ type: "input", length: input.length }), input])),
    ]);
    return text(output["text"], outputChars, "an output");
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
    await child.kill();
  }
}

const nodeFlags = ["--no-warnings", "--permission"];
// What Node reserves without using it, measured by the kernel as data.
const nodeDataMb = 1_000;
const frameBytes = 1_000;
