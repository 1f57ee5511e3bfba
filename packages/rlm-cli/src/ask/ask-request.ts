import type { JsonSchema, Limits, Price, RlmResult, Tool } from "rlm-core";
import type { LoadedContext, LoadOptions } from "../context/loaded-context.ts";
import type { Approval } from "../review/approve-flag.ts";
import type { ProfileName } from "./profiles.ts";

/** One question, ready to be asked. */
export interface AskRequest {
  question: string;
  load(options: LoadOptions): Promise<LoadedContext>;
  model: string | undefined;
  subModel: string | undefined;
  baseUrl: string | undefined;
  /** Tokens that the models can read at once. */
  contextWindow: number | undefined;
  /** Milliseconds that the stand-in holds back each reply. */
  delayMs: number;
  limits: Limits;
  /** Those that somebody set: some of the others depend on what the model can read. */
  givenLimits: Partial<Limits>;
  prices: Record<string, Price>;
  profile: ProfileName;
  responseFormat: JsonSchema | undefined;
  /** Whether the answer comes with evidence. */
  cite: boolean;
  /** What a person is asked about. */
  approve: readonly Approval[];
  /** What the code can call beside the kit. */
  tools: readonly Tool[];
  /** false: no trace; undefined: a new temporary file. */
  trace: string | false | undefined;
  json: boolean;
  quiet: boolean;
  dryRun: boolean;
  /** The command that goes on with the run whose trace is at a path, where there is one. */
  goOn?: (trace: string) => string;
  /** What people see of the answer instead of its text. */
  show?: (answered: Answered) => string;
  /** What is wrong with the answer, if something is: then the command has failed. */
  problem?: (answered: Answered) => string | undefined;
}

/** A run that gave an answer. */
export interface Answered extends Reply {
  context: LoadedContext;
}

/** The same without its context, which a run that goes on has in its store. */
export interface Reply {
  result: RlmResult<unknown>;
  /** Tokens that the largest single model request held. */
  largestRequest: number;
  seconds: number;
  /** Columns of the terminal; 120 where there is none. */
  width: number;
}

/** A command that is `ask` with its question and context given: what it asks, and how it is called in its help. */
export interface AskPreset {
  name: string;
  description: string;
  question: string;
  load(options: LoadOptions): Promise<LoadedContext>;
  model: string;
  /** What these are where no flag says otherwise. */
  limits?: Partial<Limits>;
  responseFormat?: JsonSchema;
  /** What the code can call; with `--approve tools` a person is asked before each call, else before none. */
  tools?: readonly Tool[];
  delayMs?: number;
  show?: (answered: Answered) => string;
  problem?: (answered: Answered) => string | undefined;
}
