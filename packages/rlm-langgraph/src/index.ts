export {
  createRlm,
  type ReviewedOptions,
  type Rlm,
  type RlmInvocation,
  type RlmRunnableInput,
  type RlmRunnableOptions,
  type StreamOptions,
} from "./create-rlm.ts";
export type { RunCheckpoint } from "./checkpoints.ts";
export type { RunChange } from "./fork.ts";
export type { Interrupted, ReviewInterrupt } from "./decisions.ts";
export { createRlmGraph } from "./create-rlm-graph.ts";
export type { RlmGraphOptions } from "./graph-options.ts";
export type { GraphInput } from "./graph-state.ts";
export type { ModelLike, SubModelLike } from "./models.ts";
export type { RlmContext } from "./to-context.ts";
export { checkModelName, fromChatModel, type ChatModel, type ChatModelOptions } from "./from-chat-model.ts";
