import type { TextEncoding } from "rlm-core";
import type { DocumentKind } from "./document-kind.ts";
import type { UnreadReason } from "./unread.ts";

export interface LoadOptions {
  /** Where relative paths begin. @default the working folder of this program */
  cwd?: string;
  /** Of every text. @default that of its byte order mark, else UTF-8, else the likeliest by its bytes */
  encoding?: TextEncoding | undefined;
  /** What the path "-" reads. @default process.stdin */
  stdin?: NodeJS.ReadableStream;
  signal?: AbortSignal;
  /** Makes an empty file of this user alone and gives its path: for stdin, and for what is too long for memory. The context may be read from it for as long as it is in use. @default in a folder of the system's for temporary files, until `remove()` */
  newFile?: (name: string) => string;
  /** Hears what is being done, in words for a person: often. */
  onProgress?: (words: string) => void;
}

/** A document that was read. */
export interface LoadedDocument {
  /** Its path from `cwd`, with slashes: its key in the context, if that has several. */
  name: string;
  kind: DocumentKind;
  /** Of the file. */
  bytes: number;
  /** UTF-16 code units of its text. */
  chars: number;
  /** Of its text, where nothing says it and it was found out by the bytes. */
  encoding?: string;
  /** What of it could not be read, in words. */
  problems: readonly string[];
  /** Where the pages of a PDF begin in its text, in UTF-16 code units; a form feed stands before each but the first. */
  pages?: readonly number[];
  /** Its text once more, at most a megabyte at a time. */
  pieces(): AsyncIterable<string>;
}

export interface UnreadFile {
  name: string;
  reason: UnreadReason;
  /** A sentence without its beginning: "it is encrypted: …". */
  why: string;
  /** Whether it was given by its own path, not by that of a folder or a glob. */
  named: boolean;
}

export interface Loaded {
  /**
   * To be given to a run. Of one file its text, or the array or object that a CSV, TSV, JSON or JSON Lines file is (see `file()` of
   * rlm-core, which reads it where it is); of several files, a folder or a glob an object: texts by name.
   */
  context: string | object;
  documents: readonly LoadedDocument[];
  /** What could not be read; everything else was. */
  unread: readonly UnreadFile[];
  /** What of folders and globs nobody looked at, in words: "notes: .git, 2 symbolic links". */
  leftOut: readonly string[];
  /** UTF-16 code units of the context as a run counts them: of JSON where it is an object of texts. */
  length: number;
  /** Removes the temporary files that were made, if any: to be called when no run needs the context any more. */
  remove(): void;
}
