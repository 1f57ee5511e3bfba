import { AIMessage } from "@langchain/core/messages";
import type { Cited, RlmResult } from "rlm-core";
import { noteOnLimit, textOfAnswer } from "rlm-langgraph/driver";
import type { AgentFiles } from "./agent-files.ts";
import type { SubAgentReport } from "./sub-agent-state.ts";

/** The answer as the message that an agent reads; one that is too long for it goes into a file. */
export async function reportOf(
  result: RlmResult<unknown>,
  files: AgentFiles,
  maxAnswerChars: number,
): Promise<SubAgentReport> {
  const text = textOfAnswer(result);
  if (text.length <= maxAnswerChars) return { messages: [messageOf(text, result)] };
  // Where deepagents itself puts what is long, so that routes and permissions hold for it.
  const path = `/large_tool_results/rlm-${result.runId}.txt`;
  const { error, files: written } = await files.write(path, text);
  const length = text.length.toLocaleString("en-US");
  const where =
    error === undefined
      ? `[The answer has ${length} characters: it is in the file ${path}. It begins:]\n${text.slice(0, beginning)}`
      : `${text.slice(0, maxAnswerChars)}\n[The answer has ${length} characters, and the rest of it could not be written to a file: ${error.slice(0, 500)}]`;
  return { messages: [messageOf(where, result)], ...(written && { files: written }) };
}

const beginning = 2_000;

/** A deep agent reads the text alone; whoever calls the Runnable finds the rest as in a message of ChatRlm. */
function messageOf(text: string, result: RlmResult<unknown>): AIMessage {
  const {
    status,
    limit,
    runId,
    usage,
    answer: _,
    toolCalls: __,
    ...evidence
  }: RlmResult<unknown> & Partial<Cited> = result;
  const { inputTokens, outputTokens, calls, costUsd } = usage;
  return new AIMessage({
    content: text + noteOnLimit(result),
    usage_metadata: {
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    },
    response_metadata: { rlm: { status, runId, calls, costUsd, ...(limit && { limit }), ...evidence } },
  });
}
