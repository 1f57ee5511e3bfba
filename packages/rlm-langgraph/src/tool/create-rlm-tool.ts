import { tool, type ToolRuntime } from "@langchain/core/tools";
import { InputError } from "rlm-core";
import { z } from "zod";
import type { Rlm } from "../create-rlm.ts";
import { askRlm } from "./ask-rlm.ts";
import { checkSources, joinContexts, type AgentValues, type RlmSource, type SourceRuntime } from "./sources.ts";

export interface RlmToolOptions<State extends Record<string, unknown> = AgentValues> {
  /** Answers the questions. */
  rlm: Rlm<unknown, unknown>;
  /** By which the agent calls it. @default "ask_rlm" */
  name?: string;
  /** What the agent is told that can be asked. */
  description: string;
  /** What may be asked about, by names that are identifiers: a context, or a function that makes one of the agent's `runtime`. */
  sources: Readonly<Record<string, RlmSource<State>>>;
  /** Characters of an answer that the agent gets; of a longer one the rest is left out. @default 20_000 */
  maxAnswerChars?: number;
}

/**
 * A tool of an agent that asks a Recursive Language Model: the agent gives a question and the names of sources, never
 * their text. The tool message has the answer, and as artifact the run's id, status and usage. What goes wrong is a tool
 * message that says what to do; an abort stops the run, and a question to a person reaches the agent's thread.
 * Throws InputError for options that cannot be used.
 */
export function createRlmTool<State extends Record<string, unknown> = AgentValues>(options: RlmToolOptions<State>) {
  const { rlm, name = "ask_rlm", description, sources, maxAnswerChars = 20_000 } = options;
  if (typeof rlm?.invoke !== "function") throw new InputError("Expected options.rlm to be what createRlm() gives");
  if (typeof description !== "string" || description.trim() === "")
    throw new InputError("Expected options.description to say what can be asked");
  if (!Number.isSafeInteger(maxAnswerChars) || maxAnswerChars < 100)
    throw new InputError(`Expected options.maxAnswerChars to be an integer of 100 or more, got ${maxAnswerChars}`);
  const names = z.enum(checkSources(sources));
  const schema = z.object({
    question: z.string().min(1).describe("The whole question; whoever answers it sees nothing of this conversation."),
    source: z.union([names, z.array(names).min(1)]).describe("What it is about: a name, or several."),
  });
  const ask = async ({ question, source }: z.output<typeof schema>, runtime: ToolRuntime<State>) => {
    const given = runtime as unknown as SourceRuntime<State>;
    const context = async () => {
      const asked = [...new Set([source].flat())];
      const found = asked.map(async (one) => [one, await valueOf(one, sources[one], given)] as const);
      return await joinContexts(await Promise.all(found), rlm.store, runtime.signal);
    };
    return await askRlm({ rlm, name, question, context, maxAnswerChars }, runtime);
  };
  const words = `${description.trim()}\nGive the question and the name of what it is about, never the text itself; the text may be of any length and is read there.`;
  return tool(ask, { name, description: words, schema, responseFormat: "content_and_artifact" });
}

async function valueOf<State extends Record<string, unknown>>(
  name: string,
  source: RlmSource<State> | undefined,
  runtime: SourceRuntime<State>,
) {
  const value: unknown = typeof source === "function" ? await source(runtime) : source;
  if (value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0))
    throw new InputError(`Cannot ask about "${name}": there is nothing in it`);
  return value as Exclude<RlmSource<State>, (...args: never[]) => unknown>;
}
