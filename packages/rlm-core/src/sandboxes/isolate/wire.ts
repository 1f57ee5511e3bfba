import { encodeFrame as encode } from "../../confined/encode-frame.ts";
import type { ContextRef } from "../../context.ts";
import type { CallValue, Done, PagedFile, Variable } from "../../sandbox.ts";
import type { MachineOptions, MachineRun, RawCall } from "./machine.ts";

// Parent and child speak over one pipe, file descriptor 3 of the child. A frame is its length in bytes (uint32, little
// endian) and that many bytes of JSON; lone surrogates travel as \u escapes, so JSON loses nothing. Not Node's IPC and
// no V8 deserialisation: what reads the child's bytes is a length check, JSON.parse, and the guards in guards.ts.

/** The child's end of the pipe. */
export const pipeFd = 3;

/** The first of the files that the child inherits open, in the order of the paged contexts. */
export const firstFileFd = 4;

/** The most characters of the reason in `refused`. */
export const maxReasonChars = 300;

/**
 * Frames to the child: its contexts, `open`, and then entries. After each `context` and `library` come pieces until its `length` in
 * characters is there; right after each `piece` its bytes, bare. `wide`: UTF-16LE, two bytes a character, and so are all pieces after it; else latin1, one byte.
 */
export type ToChild =
  /** Do ahead what a session like this one will need; the process is waiting for one. */
  | { type: "rehearse"; options: OpeningOptions }
  | { type: "context"; name: string; run: number; kind: ContextRef["kind"]; length: number }
  | { type: "piece"; length: number; wide: boolean }
  /** A context that is read from a file which the process has open. */
  | { type: "paged"; name: string; run: number; fd: number; file: Omit<PagedFile, "path"> }
  | { type: "open"; options: OpeningOptions }
  | { type: "run"; code: string; clock: number; computeMs: number; recorded?: boolean; of: MachineRun }
  /** Each is one entry into the isolate; `answer` asks for what came of all of them. */
  | { type: "result"; id: number; ok: boolean; value: CallValue }
  | { type: "answer" }
  /** A library that the child has asked for, as a context. Frames that were on their way may come before it. */
  | { type: "library"; length: number }
  | { type: "inspect"; hashed: boolean };

/** What is small of a machine's options. */
export type OpeningOptions = Omit<MachineOptions, "contexts" | "library">;

/** Frames from the child, if it is honest. `refused`: the session cannot have this context, and the process ends. An input is `entered` before any code runs, then come any number of calls, then `waiting` or `done`; a `library` may be asked for at any time between, and nothing goes on until it is there. */
export type FromChild =
  | { type: "ready" }
  | { type: "opened" }
  | { type: "refused"; name: string; message: string }
  | { type: "entered" }
  | { type: "call"; call: RawCall }
  | { type: "library"; hash: string }
  | { type: "waiting" }
  | { type: "done"; done: Done }
  | { type: "inspected"; hash: string; variables: Variable[] };

/** A frame as bytes. */
export function encodeFrame(frame: ToChild | FromChild): Buffer {
  return encode(frame);
}
