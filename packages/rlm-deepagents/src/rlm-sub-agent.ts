import { AIMessage } from "@langchain/core/messages";
import { Runnable, type RunnableConfig } from "@langchain/core/runnables";
import type { BackendProtocolV2 } from "deepagents";
import { InputError } from "rlm-core";
import type { Rlm } from "rlm-langgraph";
import { askForAgent } from "rlm-langgraph/driver";
import { filesOf, type FilesOptions } from "./agent-files.ts";
import { reportOf } from "./report.ts";
import type { SubAgentReport, SubAgentState } from "./sub-agent-state.ts";
import { taskOf } from "./task.ts";

export interface RlmSubAgentOptions {
  /** Does the tasks. */
  rlm: Rlm<unknown, unknown>;
  /** By which the agent calls it, as `subagent_type` of its tool `task`. @default "rlm" */
  name?: string;
  /** What the agent is told of it. @default that it answers questions over all files, of any length */
  description?: string;
  /** "fork": it has the conversation too, as the context `messages`. @default "isolated" */
  mode?: "isolated" | "fork";
  /** Where the files are: the instance that createDeepAgent has. @default the agent's state */
  backend?: BackendProtocolV2;
  /** Which files it has, by their paths. @default all */
  files?: (path: string) => boolean;
  /** Characters of an answer that the agent gets; a longer one goes into a file, and the agent gets its name and beginning. @default 20_000 */
  maxAnswerChars?: number;
}

/** A compiled sub-agent, as createDeepAgent takes it. */
export interface RlmSubAgent {
  name: string;
  description: string;
  mode: "isolated" | "fork";
  runnable: Runnable<SubAgentState, SubAgentReport>;
}

/**
 * A Recursive Language Model as a sub-agent of a deep agent: the task is the query, the agent's files are the context
 * `files`, and no model is shown them. The answer is the report; what goes wrong is a report that says what to do. An
 * abort stops the run, and a question to a person reaches the agent's thread. Throws InputError for options that cannot be used.
 */
export function rlmSubAgent(options: RlmSubAgentOptions): RlmSubAgent {
  const { rlm, name = "rlm", description = defaultDescription, mode = "isolated" } = options;
  if (typeof rlm?.invoke !== "function") throw new InputError("Expected options.rlm to be what createRlm() gives");
  for (const [option, words] of Object.entries({ name, description }))
    if (typeof words !== "string" || words.trim() === "")
      throw new InputError(`Expected options.${option} to be a text, got ${JSON.stringify(words)}`);
  const { maxAnswerChars = 20_000, files: isTold = () => true, backend } = options;
  if (!Number.isSafeInteger(maxAnswerChars) || maxAnswerChars < 100)
    throw new InputError(`Expected options.maxAnswerChars to be an integer of 100 or more, got ${maxAnswerChars}`);
  const runnable = new SubAgent({ rlm, maxAnswerChars, isTold, ...(backend && { backend }) });
  return { name, description, mode, runnable };
}

const defaultDescription =
  "Answers one question over all files at once, of any length and in any number, without reading them into a conversation: finds, counts, compares, works every part through, sums up. Give it the whole question; it knows the files, and writes none but its answer where that is long.";

// No run of its own in a trace: its input has the files.
class SubAgent extends Runnable<SubAgentState, SubAgentReport> {
  static override lc_name(): string {
    return "RlmSubAgent";
  }
  lc_namespace = ["rlm-deepagents"];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    super();
    this.#parts = parts;
  }

  override async invoke(state: SubAgentState, config: Partial<RunnableConfig> = {}): Promise<SubAgentReport> {
    const { rlm, maxAnswerChars } = this.#parts;
    const files = filesOf(state, this.#parts);
    const result = await askForAgent(rlm, async () => taskOf(state, await files.read(config.signal)), config);
    if ("error" in result) return { messages: [new AIMessage(result.told)] };
    return await reportOf(result, files, maxAnswerChars);
  }
}

interface Parts extends FilesOptions {
  rlm: Rlm<unknown, unknown>;
  maxAnswerChars: number;
}
