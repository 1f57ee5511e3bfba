import type { BaseMessage } from "@langchain/core/messages";
import type { FileData } from "deepagents";

/** What a deep agent gives a sub-agent: the task as the last message, the conversation before it in mode "fork", and its files. */
export interface SubAgentState {
  messages: readonly BaseMessage[];
  files?: Readonly<Record<string, FileData>>;
}

/** What a deep agent takes from a sub-agent: of the last message the text, and the files that are new. */
export interface SubAgentReport {
  messages: BaseMessage[];
  files?: Record<string, FileData>;
}
