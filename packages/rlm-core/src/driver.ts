// For those who write a driver, such as a graph: the steps, and what it takes to call them.
export { readSpent } from "./budget-log.ts";
export { readAnswer } from "./citations/citation.ts";
export { defaultSandbox } from "./default-sandbox.ts";
export { textRefOf } from "./journal.ts";
export { emitLast } from "./listener.ts";
export { checkInput, resolveOptions, type ResolvedOptions } from "./options.ts";
export { replyOf } from "./parse-reply.ts";
export type { Run, TracedCall } from "./run.ts";
export type { PendingReview } from "./review.ts";
export { outcomeOf, type Outcome, type PendingCall } from "./state.ts";
export { toolsAt } from "./queries/call-tool.ts";
export type { Settled } from "./queries/answer-call.ts";
export { broughtBy } from "./session-contexts.ts";
export { furtherRun, meetVariables, type FurtherTask } from "./steps/further-run.ts";
export { countToolCalls } from "./steps/count-tool-calls.ts";
export { conclude } from "./steps/conclude.ts";
export { direct } from "./steps/direct.ts";
export { execute } from "./steps/execute.ts";
export { generate } from "./steps/generate.ts";
export { checkDecision } from "./check-decision.ts";
export { knownDecision } from "./steps/ask-person.ts";
export { deliverDecisions, review, reviewRequests } from "./steps/review.ts";
export { nextStep, type StepName } from "./steps/next-step.ts";
export { deliverResults, submodel } from "./steps/submodel.ts";
export {
  budgetKey,
  childTask,
  createRun,
  initialState,
  openTree,
  runEnded,
  runFailed,
  runStart,
  spentEntry,
  type SessionTask,
  type Tree,
} from "./tree.ts";
export { estimateTokens } from "./tokens.ts";
export { calledAs } from "./tool.ts";
export { newestRun, turnsOf } from "./turns.ts";
export { noUsage } from "./usage.ts";
