export { createRlm, type Rlm } from "./create-rlm.ts";
export type { Configured } from "./configured.ts";
export type {
  ReviewedOptions,
  RlmCallOptions,
  RlmInvocation,
  RlmRunnableInput,
  RlmRunnableOptions,
  StreamOptions,
} from "./rlm-input.ts";
export type { RunCheckpoint } from "./checkpoints.ts";
export type { RunChange } from "./fork.ts";
export type { Interrupted, ReviewInterrupt } from "./decisions.ts";
export { createRlmGraph } from "./create-rlm-graph.ts";
export type { RlmGraphOptions } from "./graph-options.ts";
export type { GraphInput } from "./graph-state.ts";
export type { ModelLike, SubModelLike } from "./models.ts";
export type { RlmContext } from "./to-context.ts";
export { ChatRlm, type ChatRlmCallOptions } from "./chat-rlm/chat-rlm.ts";
export type { ChatRlmFields } from "./chat-rlm/fields.ts";
export type { RlmMetadata } from "./chat-rlm/usage.ts";
export { checkModelName, fromChatModel, type ChatModel, type ChatModelOptions } from "./from-chat-model.ts";
export { fromDocumentLoader, type DocumentLoaderLike, type LoadedDocuments } from "./from-document-loader.ts";
export { rlmMiddleware, type RlmMiddlewareOptions } from "./middleware/rlm-middleware.ts";
export type { RlmTrigger } from "./middleware/trigger.ts";
export { fromEmbeddings, fromVectorStore } from "./repl-tools/from-embeddings.ts";
export { replTool, type LangChainTool, type ReplToolOptions, type RetrieverLike } from "./repl-tools/repl-tool.ts";
export type { ReplToolLike } from "./repl-tools/to-tools.ts";
export { createRlmTool, type RlmToolOptions } from "./tool/create-rlm-tool.ts";
export type { RlmToolArtifact } from "./tool/ask-rlm.ts";
export type { AgentValues, RlmSource, SourceRuntime } from "./tool/sources.ts";
