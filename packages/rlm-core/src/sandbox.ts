import type { ContextRef } from "./context.ts";
import type { JournalEvent, TaskEvent } from "./journal.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Limits } from "./limits.ts";
import type { CodeError, Output } from "./output.ts";
import type { ObjectIndex, RowIndex } from "./rows/row-index.ts";
import type { TextEncoding } from "./text-encoding.ts";
import type { KitSource } from "./tool.ts";

/** Opens REPL sessions. One function is the whole port; see `rlm-core/testing` for the laws that every one keeps. */
export interface Sandbox {
  /** The JavaScript engine of its sessions, such as "13.6.233.17-node.41"; a journal of another one is replayed with a warning. */
  readonly v8: string;
  open(options: SessionOptions): Promise<Session>;
  /** Frees what it keeps beside open sessions (warm processes). */
  close(): Promise<void>;
}

/** A context, and which run of the session brought it: before that run the code does not see it. */
export interface SessionContext extends ContextRef {
  /** @default 0 */
  run?: number;
}

export interface SessionOptions {
  /** Those of all runs; see `bindingsIn` for the names that each has in a run. */
  contexts: readonly SessionContext[];
  /** Texts of results in `history`, by reference. */
  read(ref: string): Promise<string>;
  /** The text of a context, by reference, in pieces of any length, cut anywhere. Where it fails, at its end too, no session opens. */
  stream(ref: string): AsyncIterable<string>;
  /** The file of a context that is `paged`, by reference, checked: it is what the reference says. Needed where there is such a context. It may have to read it through, and stops when `signal` aborts. */
  paged?(ref: string, signal?: AbortSignal): Promise<PagedFile>;
  /** Seeds `Math.random`. */
  seed: number;
  /** Which query functions the code has: none at depth 0, else all; `rlm_query` decides on the host what it becomes. */
  queries: boolean;
  /** Names of the host tools in `tools`; with a dot those of kits, which `tools` has not. */
  tools: readonly string[];
  kits: readonly KitSource[];
  /** Texts of the kits' libraries, by hash; `open` throws where one is missing. @default none */
  libraries?: ReadonlyMap<string, string>;
  /** What FINAL's value has to fit in the first run; what it has to in a further one, its task says. */
  responseFormat?: JsonSchema;
  limits: Pick<Limits, "promptChars" | "outputChars" | "computeMs" | "heapMb" | "answerChars">;
  /**
   * Journal to rebuild from. `open` resolves when all of it is delivered, in its order, and throws {@link ReplayError}
   * where the code does something else than it did: another call, another output, another answer.
   * Blocks whose end says `rolledBack` are left out. A block without an end is left suspended, or done: see `last`.
   */
  history?: readonly JournalEvent[];
  /** Hears every call that the code posts while `history` is replayed, with its texts. */
  onReplayedCall?(call: SubCall): void;
  signal?: AbortSignal;
}

/** A text file that is read in parts. */
export interface PagedFile {
  path: string;
  /** Bytes. */
  size: number;
  /** Nanoseconds since 1970, as digits; by it and the size a reader sees that the file was changed. */
  modified: string;
  encoding: TextEncoding;
  /** Bytes of the byte order mark. */
  mark: number;
  /** UTF-16 code units of the file's text. */
  chars: number;
  /** The part of it that is meant: where it begins, and its code units. */
  from: number;
  length: number;
  /** For UTF-8: where pages begin, as bytes in the file and characters in the text. */
  pages: [byte: number, char: number][];
  /** What the code finds, if it is not the text. */
  view?: FileView;
}

/** A text that is rows, or a JSON object. */
export type FileView = { rows: RowIndex } | { object: ObjectIndex };

/** One suspendable REPL. Its variables live until `close`, also across a rebuild after a lost process. */
export interface Session {
  /** Runs one block until it ends or can go on only with results of sub-calls. */
  run(block: { code: string; clock: number }, signal?: AbortSignal): Promise<Progress>;
  /** Delivers results of calls, in this order, each by an entry of its own; any subset of those outstanding. */
  resume(results: readonly SubResult[], signal?: AbortSignal): Promise<Progress>;
  /**
   * A further run begins: from the next block on its contexts have their names, and FINAL may be refused once again.
   * Throws {@link SandboxError} while a block is open, and for a run whose contexts the session was not opened with.
   */
  begin(task: TaskEvent): Promise<void>;
  /** All variables of the code, sorted by name, and one hash over all their values. Changes nothing that the code can see. */
  inspect(signal?: AbortSignal): Promise<{ hash: string; variables: Variable[] }>;
  /** The same list alone: it does not read what the values hold, so it is soon there and takes no room, whatever they are. */
  variables(signal?: AbortSignal): Promise<Variable[]>;
  /** Ends the session; frees its process. No error when closed already. */
  close(): Promise<void>;
  /** The last progress, and every call of the open block that has no result yet: for a driver that comes back to it. */
  readonly last: { progress: Progress | undefined; outstanding: readonly SubCall[] };
  /** Whether the next input finds its process there; otherwise that costs a rebuild, so results are better given together. */
  readonly live: boolean;
  /** Rolling hash over seed, context references, block, result and task events: equal digests, equal REPL states. */
  readonly digest: string;
}

/** A call that the code made. `hash` is content: kind, name, prompt, context and options. */
export interface SubCall {
  /** Counts up from 1 in one session. */
  id: number;
  kind: "llm" | "rlm" | "tool";
  hash: string;
  /** The prompt, the child's query, or the tool's arguments as JSON. */
  prompt: string;
  /** The tool's name. */
  name?: string;
  /** The child's context: a text, or JSON if `json`; or, of what the parent has already, a whole context or a part of a text. */
  context?: CallValue | TextReference | ContextRef;
  options: { schema?: JsonSchema; model?: string };
  /** What llm_map wants back of a portion: a value of this schema under each number. No part of the hash. */
  portion?: { schema: JsonSchema; numbers: readonly number[] };
}

/** A value that crosses the border: always a text; with `json` the code gets it parsed. */
export interface CallValue {
  text: string;
  json: boolean;
}

/** A text by its reference in the run store or in a file; `length` in UTF-16 code units. */
export interface TextReference {
  ref: string;
  length: number;
}

export interface SubResult {
  id: number;
  /** The hash of the call that it answers. */
  hash: string;
  ok: boolean;
  /** The value; if not `ok`, the error: JSON `{ code, message }`, or its message alone. */
  value: CallValue;
  /** Reference of `value.text` in the run store; part of the digest. */
  ref: string;
}

/**
 * `waiting`: nothing can go on without a result; `calls` are the new ones since the last progress.
 * A block is done when its code is done and every call it made is settled, also those it did not await,
 * or when FINAL was called with a value that fits: calls still open then count as aborted.
 */
export type Progress = { kind: "waiting"; calls: SubCall[] } | Done;

export interface Done {
  kind: "done";
  output: Output;
  error?: CodeError;
  /** Set if the block called FINAL with a value that fits. */
  answer?: CallValue;
  /** The block could not be replayed (it timed out or took its process with it), so it never happened: its variables are gone. */
  rolledBack?: boolean;
  /** Milliseconds it computed. */
  computeMs: number;
}

export interface Variable {
  name: string;
  type: string;
  /** "12,345 characters", "3 elements", … */
  size: string;
  /** At most 200 characters. */
  preview: string;
}
