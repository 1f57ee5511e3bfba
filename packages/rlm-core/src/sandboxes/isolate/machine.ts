import type { PagedText } from "../../paged-text.ts";
import type { CallValue, Done, FileView, SessionContext, SubCall, Variable } from "../../sandbox.ts";
import type { GuestPart } from "./guest/host.ts";
import type { JsonSchema } from "../../json-schema.ts";
import type { Limits } from "../../limits.ts";
import type { KitSource } from "../../tool.ts";

/**
 * The suspendable REPL as it lives in the child process: one isolate on the child's main thread, entered synchronously.
 * The parent believes nothing that comes from here: it checks and caps every frame again.
 */
export interface Machine {
  /**
   * Runs a block; `computeMs` is its whole budget, which the entries by `resume` share. `recorded`: it is known to have ended,
   * so what it leaves in memory was judged then. `of`: the run of the session that it belongs to; where that is a new one,
   * the contexts get the names that they have in it.
   */
  run(block: { code: string; clock: number; computeMs: number; recorded?: boolean; of?: MachineRun }): Step;
  /** Delivers one result, one entry into the isolate. */
  resume(result: { id: number; ok: boolean; value: CallValue }): Step;
  /** `hashed`: whether the values are hashed, by default; else the hash is empty. */
  inspect(hashed?: boolean): { hash: string; variables: Variable[] };
}

/** A run of a session: its number, and what FINAL's value has to fit in it. */
export interface MachineRun {
  run: number;
  responseFormat?: JsonSchema;
  /** Whether FINAL needs evidence. @default false */
  cite?: true;
}

export type Step = { kind: "waiting"; calls: RawCall[] } | Done;

/** A call before the parent has hashed it; of a context it may name a part. */
export type RawCall = Omit<SubCall, "hash" | "context"> & { context?: CallValue | GuestPart };

/** A context as it is in the process: its text, JSON for arrays and objects, or what reads parts of a text that is too long for a string. */
export type MachineContext = { name: string; run?: number } & (
  | { kind: "string" | "array" | "object"; text: string }
  | { paged: PagedText; view?: FileView }
);

/** What tells a context from one of the same name that another run brought; no variable has such a name. */
export function contextKey({ name, run = 0 }: Pick<SessionContext, "name" | "run">): string {
  return run === 0 ? name : `${name}#${run}`;
}

export interface MachineOptions {
  contexts: MachineContext[];
  seed: number;
  queries: boolean;
  tools: readonly string[];
  kits: readonly KitSource[];
  /** The text of a library of the kits, by its hash; asked for when the code first uses it. Where it throws, the machine cannot go on. */
  library: (hash: string) => string;
  responseFormat?: JsonSchema;
  /** Whether FINAL needs evidence. @default false */
  cite?: true;
  limits: Pick<Limits, "promptChars" | "outputChars" | "heapMb" | "answerChars">;
}
