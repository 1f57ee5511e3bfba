import type { BaseLanguageModelInput, StructuredOutputMethodOptions } from "@langchain/core/language_models/base";
import {
  assembleStructuredOutputPipeline,
  createFunctionCallingParser,
} from "@langchain/core/language_models/structured_output";
import type { AIMessageChunk } from "@langchain/core/messages";
import type { Runnable } from "@langchain/core/runnables";
import { toJsonSchema } from "@langchain/core/utils/json_schema";
import { InputError } from "rlm-core";
import type { BoundTool } from "./bound-tools.ts";

type Schema = Parameters<typeof createFunctionCallingParser>[0];

/** What binds one function that is called in any case. */
type Bind = (tools: BoundTool[], options: Record<string, unknown>) => Runnable<BaseLanguageModelInput, AIMessageChunk>;

/** `withStructuredOutput`: the answer is the arguments of one function, which has to be called. Checked by the schema, where it is one of zod or the like. */
export function structuredOutput(
  bind: Bind,
  schema: Schema,
  { name, method = "functionCalling", includeRaw, strict }: StructuredOutputMethodOptions<boolean> = {},
): ReturnType<typeof assembleStructuredOutputPipeline> {
  if (method !== "functionCalling")
    throw new InputError(`Cannot use method "${method}" for structured output: ChatRlm knows functionCalling alone`);
  const { parameters, ...given } = functionOf(schema);
  const functionName = name ?? given.name ?? "extract";
  const described = { name: functionName, description: given.description ?? "Gives the answer.", parameters };
  const tool = { type: "function", function: { ...described, ...(strict !== undefined && { strict }) } };
  const llm = bind([tool], {
    tool_choice: functionName,
    ls_structured_output_format: { kwargs: { method }, schema: parameters },
  });
  const parser = createFunctionCallingParser(schema, functionName);
  return assembleStructuredOutputPipeline(
    llm,
    parser,
    includeRaw,
    includeRaw === true ? "StructuredOutputRunnable" : "StructuredOutput",
  );
}

/** A schema as a function: one of OpenAI's form has its name. */
function functionOf(schema: Schema): { name?: string; description?: string; parameters: Record<string, unknown> } {
  const json: Record<string, unknown> =
    "_zod" in schema || "_def" in schema || "~standard" in schema
      ? toJsonSchema(schema as Parameters<typeof toJsonSchema>[0])
      : schema;
  const { name, parameters, title, description } = json;
  const words = { ...(typeof description === "string" && { description }) };
  if (typeof name === "string" && typeof parameters === "object" && parameters !== null)
    return { name, ...words, parameters: parameters as Record<string, unknown> };
  return { ...(typeof title === "string" && { name: title }), ...words, parameters: json };
}
