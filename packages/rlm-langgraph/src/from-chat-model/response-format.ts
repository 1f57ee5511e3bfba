import type { JsonSchema } from "rlm-core";
import type { CallOptions, ChatModelFields } from "./chat-model.ts";

/**
 * Call options that hold a model to a JSON Schema and leave its reply a text; undefined where none are known.
 * The schema is not sent as strict: OpenAI refuses most of them so, and rlm-core checks the reply and asks again.
 */
export function responseFormatOptions(model: ChatModelFields, schema: JsonSchema): CallOptions | undefined {
  if (schema["type"] !== "object") return undefined; // providers take no other at the root
  switch (model._llmType()) {
    case "openai":
      return model.useResponsesApi ? undefined : { response_format: unparsed("reply", schema) };
    case "googlegenerativeai":
      return { responseSchema: withoutUnknown(schema) };
    default:
      return undefined;
  }
}

/** The server found the request wrong, by status 400 or 422; that may be for its schema. */
export function isRefusal(error: unknown): boolean {
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  return status === 400 || status === 422;
}

/**
 * OpenAI's client parses what was asked for by a schema, and throws the reply away if it was cut or is no JSON.
 * It does so for a format that has this type in memory; on the wire, this one has it too.
 */
function unparsed(name: string, schema: JsonSchema): { toJSON(): object } {
  return { toJSON: () => ({ type: "json_schema", json_schema: { name, schema } }) };
}

// Google's schemas know neither of these, and it refuses a request that has them.
function withoutUnknown(schema: JsonSchema): JsonSchema {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === "additionalProperties" || key === "$schema" ? undefined : value,
    ),
  ) as JsonSchema;
}
