import { ToolMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { Cited, RlmResult } from "rlm-core";
import type { Rlm } from "../create-rlm.ts";
import type { RlmContext } from "../to-context.ts";
import { askForAgent, noteOnLimit, textOfAnswer } from "./ask-for-agent.ts";

/** What an agent's tool message has beside the answer: `rlm.trajectory(runId)` says how it came about. */
export type RlmToolArtifact = Pick<RlmResult, "runId" | "status" | "limit" | "usage"> & Partial<Cited>;

/** What a tool is told of the agent that calls it, as far as it is needed here. */
export type CallRuntime = RunnableConfig & { toolCallId?: string; toolCall?: { id?: string } };

interface Question {
  rlm: Rlm<unknown, unknown>;
  /** The tool's name. */
  name: string;
  question: string;
  /** What it is about; found only now, so that what goes wrong there is told too. */
  context(): Promise<RlmContext>;
  maxAnswerChars: number;
}

/** Answers an agent's question: content and artifact. What goes wrong is a message that the agent can act on; an abort and a question to a person are thrown. */
export async function askRlm(
  { rlm, name, question, context, maxAnswerChars }: Question,
  runtime: CallRuntime,
): Promise<[string | ToolMessage, RlmToolArtifact | undefined]> {
  const result = await askForAgent(rlm, async () => ({ query: question, context: await context() }), runtime);
  if ("error" in result) {
    const tool_call_id = runtime.toolCallId ?? runtime.toolCall?.id;
    if (tool_call_id === undefined) throw result.error;
    return [new ToolMessage({ content: result.told, name, tool_call_id, status: "error" }), undefined];
  }
  const {
    runId,
    status,
    limit,
    usage,
    answer: _,
    toolCalls: __,
    ...evidence
  }: RlmResult<unknown> & Partial<Cited> = result;
  const content = shortened(textOfAnswer(result), maxAnswerChars) + noteOnLimit(result);
  return [content, { runId, status, ...(limit && { limit }), usage, ...evidence }];
}

function shortened(text: string, most: number): string {
  const left = text.length - most;
  if (left <= 0) return text;
  return `${text.slice(0, most)}\n[${left.toLocaleString("en-US")} more characters of the answer are left out: ask for less at a time.]`;
}
