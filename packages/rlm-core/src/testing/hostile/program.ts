import type { CodeError } from "../../output.ts";

export type HostileFamily = "loops" | "memory" | "floods" | "escapes" | "blocking" | "context";

/** How a block ends: well, with FINAL's answer, with an error of its code, or never, so that its driver has to give it up. */
export type HostileEnd = "well" | "final" | "endless" | CodeError["kind"];

/** A program that a sandbox has to contain: plain data. Those with a number are the attacks that the sandbox was designed against. */
export interface HostileProgram {
  name: string;
  family: HostileFamily;
  /** One block, or several that run one after another. `CANARY_FILE` stands for the path of a file that it must not read, as a literal. */
  code: string | readonly string[];
  /** How its last block may end. */
  ends: readonly HostileEnd[];
  /** What its last block prints where it ends well: it tells itself what it got hold of. */
  prints?: RegExp;
  /** The answer that FINAL gave, where it is the reply's own. */
  answer?: string;
  /** @default a short text */
  context?: unknown;
  /** What its calls are answered with, by prompt. @default "FAIL" fails, every other call gets "re: " and its prompt */
  replies?: Readonly<Record<string, unknown>>;
}
