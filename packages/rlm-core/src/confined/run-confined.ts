import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { startChild } from "./child-process.ts";
import { encodeFrame } from "./encode-frame.ts";
import { oneOf, record, text } from "./guards.ts";
import { confine, confinementTools, seal } from "./layers.ts";

export { ChildLost, type LossKind } from "./child-lost.ts";
export { readablePaths } from "./readable-paths.ts";

/** Code that reads what may be hostile. */
export interface ConfinedProgram {
  /** A module that exports `work`, a function of the input's bytes that gives a text, or a promise of one. All that it uses is loaded before it is called: it may open nothing then. */
  file: string;
  /** Files and folders that it has to read for its code; nothing else of the machine. See {@link readablePaths}. */
  readable: readonly string[];
}

export interface ConfinedOptions {
  /** How long it may work on the input; it is killed then. */
  timeoutMs: number;
  /** Resident memory that it may have, Node's own of about 60 MB and the input included. */
  memoryMb: number;
  /** The longest text that it may answer with, in UTF-16 code units. */
  outputChars: number;
  signal?: AbortSignal;
}

/** What the function of a {@link ConfinedProgram} threw: its words, which may come from the input. */
export class ProgramError extends Error {
  override name = "ProgramError";
}

/**
 * Gives `input` to a function in a fresh confined process and resolves with the text that it gives; the process is gone
 * then, as it is after an error. Rejects with {@link ProgramError} for what the function throws, with {@link ChildLost} if
 * the process had to be killed or ended by itself, BadFrame for another answer, or the signal's reason.
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
  const program = programFile();
  const paths = [...readable, dirname(program)].map((path) => `--allow-fs-read=${path}`);
  const child = startChild(confine(tools, dataMb, [process.execPath, ...nodeFlags, ...paths, program, file]), {
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
    const answer = child.exchange((frame) => answerIn(frame, outputChars), { wallMs: timeoutMs, memoryMb, maxBytes });
    // What the parent sends to one that is gone is lost, and why it is gone is in the answer.
    const [output] = await Promise.all([answer, send(child, input)]);
    if ("failed" in output) throw new ProgramError(output.failed);
    return output.text;
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
const frameBytes = 10_000;

async function send(child: ReturnType<typeof startChild>, input: Uint8Array): Promise<void> {
  await child.send(encodeFrame({ type: "input", length: input.length }));
  // Not joined with the frame: a long input is there once.
  await child.send(Buffer.from(input.buffer, input.byteOffset, input.byteLength));
}

function answerIn(frame: unknown, outputChars: number): { text: string } | { failed: string } {
  const answer = record(frame, "a frame");
  return oneOf(answer["type"], ["output", "failed"], "a type") === "output"
    ? { text: text(answer["text"], outputChars, "an output") }
    : { failed: text(answer["message"], maxMessageChars, "a message") };
}

const maxMessageChars = 500;

/** The file beside this one, or, bundled, that of the installed rlm-core. */
function programFile(): string {
  const [, folder, extension] = /^(.*\/confined\/)run-confined\.([jt]s)$/.exec(import.meta.url) ?? [];
  const beside = folder === undefined ? undefined : new URL(`program.${extension}`, folder);
  return fileURLToPath(
    beside !== undefined && existsSync(beside) ? beside : import.meta.resolve("rlm-core/confined-program"),
  );
}
