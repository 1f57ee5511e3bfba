import type { ContextInput, TextEncoding } from "rlm-core";
import type { Io } from "../io.ts";
import type { Progress } from "../progress.ts";
import type { TemporaryFiles } from "../temporary-files.ts";

/** A context that was read and measured. */
export interface LoadedContext {
  context: ContextInput;
  /** What there is, for people: "3 files, 12,345 characters". */
  words: string;
  /** Where they were counted. */
  tokens?: number;
  bytes: number;
  /** UTF-16 code units of the texts. */
  chars: number;
  /** The same as a run counts them: of the JSON text where the context is an array or object. */
  length: number;
  /** The texts once more, in pieces. */
  pieces(): AsyncIterable<string>;
}

export interface LoadOptions {
  io: Pick<Io, "cwd" | "stdin">;
  signal: AbortSignal;
  /** Of every file; undefined: that of its byte order mark, else UTF-8, else the likeliest by its bytes. */
  encoding?: TextEncoding | undefined;
  temporary: TemporaryFiles;
  progress: Progress;
  /** Tells people something. */
  say(line: string): void;
}
