import { runLoop, type RlmInput, type RlmResult } from "./loop.ts";
import type { RlmOptions } from "./options.ts";
import { defaultSandbox } from "./default-sandbox.ts";
import { resumeLoop, type ResumeInput, type ResumeOptions } from "./resume.ts";

/**
 * Answers a query over a context of any length by a Recursive Language Model (arXiv 2512.24601): the model never sees
 * the context, it writes JavaScript that searches it, cuts it and calls models on the pieces.
 * Throws InputError for wrong input, BudgetError if a limit was reached before anything was gained, RejectedError if a person rejected the answer and there is no further turn, RlmError "model" if
 * the root model fails, SandboxError if no sandbox can be had, and the signal's reason on abort.
 */
export async function runRlm<T = string>(input: RlmInput, options: RlmOptions<T>): Promise<RlmResult<T>> {
  return await runLoop(input, options, defaultSandbox());
}

/**
 * Goes on with a run of {@link runRlm} where its process was killed, failed or was aborted, from its trajectory file and
 * the context again; new lines go to the same file. What the trajectory has is paid for: no recorded reply or result is
 * asked again, at any depth; calls in flight at the kill are, and count at their reserved size. A run that has its answer
 * gives it without a model call. Query, response format, seed and the REPL's limits come from the trajectory; other
 * limits do too unless `options.limits` has others, such as a raised one. `onEvent` hears what happens from here on.
 * One process at a time: two that write to one trajectory spoil it.
 * Throws as `runRlm` does, and InputError where there is no such run, or context, tools, kits or REPL limits are not those it had.
 */
export async function resumeRlm<T = string>(input: ResumeInput, options: ResumeOptions): Promise<RlmResult<T>> {
  return await resumeLoop<T>(input, options, defaultSandbox());
}

export type { RlmInput, RlmResult } from "./loop.ts";
export type { ResumeInput, ResumeOptions } from "./resume.ts";
export type { RlmOptions } from "./options.ts";
export { defaultLimits, resolveLimits, type Limits } from "./limits.ts";
export { checkPrices, costOf, type Price, type Prices } from "./prices.ts";
export {
  BudgetError,
  InputError,
  RejectedError,
  ReplayError,
  RlmError,
  SandboxError,
  type LimitName,
  type RlmErrorCode,
} from "./errors.ts";
export type { ChatMessage, Model, ModelOptions, ModelReply, TokenUsage, ToolCall } from "./model.ts";
export type { JsonSchema } from "./json-schema.ts";

export type { ContextRef } from "./context.ts";
export { pagedContext, storeContexts, streamContext, type ContextInput } from "./store-context.ts";
export { file, type FileContext, type FileFormat, type FileOptions } from "./file.ts";
export { textEncodings, type TextEncoding } from "./text-encoding.ts";
export { named, type NamedContexts } from "./named.ts";
export type { RunStore } from "./store.ts";
export { memoryStore } from "./stores/memory.ts";
export type { SubCallCache } from "./cache.ts";
export { memoryCache } from "./caches/memory.ts";
export type { CacheOptions } from "./caches/cache-options.ts";

export { defineTool, type ToolDefinition } from "./define-tool.ts";
export type { Kit, KitFunction, KitRepl, KitScope, KitSource, Tool } from "./tool.ts";
export type {
  AnswerReview,
  Approve,
  BudgetReview,
  CodeReview,
  Decision,
  ReviewPoint,
  ReviewRequest,
  ToolReview,
} from "./review.ts";
export type { Profile } from "./prompt/profile.ts";
export { big, small, thinking } from "./prompt/profile.ts";
export { parseReply, type ParsedReply } from "./parse-reply.ts";

export type { Emit, RlmEvent } from "./events.ts";
export type { JournalEvent } from "./journal.ts";
export type { RlmState, Usage } from "./state.ts";
export type { CodeError, Output } from "./output.ts";
export { canonicalJournal } from "./turns.ts";
export { countTokens } from "./tokens.ts";

export { isolate, type IsolateOptions } from "./sandboxes/isolate/isolate.ts";
export { activeLayers, type Layer, type LayerName } from "./sandboxes/isolate/layers.ts";
export type {
  CallValue,
  PagedFile,
  Progress,
  Sandbox,
  Session,
  SessionOptions,
  SubCall,
  SubResult,
  Variable,
} from "./sandbox.ts";
