import type { DocumentInterface } from "@langchain/core/documents";
import { BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { RunnableConfig, RunnableToolLike } from "@langchain/core/runnables";
import type { StructuredToolInterface } from "@langchain/core/tools";
import { toJsonSchema } from "@langchain/core/utils/json_schema";
import { isCommand, isGraphBubbleUp } from "@langchain/langgraph";
import { InputError, RlmError, type JsonSchema, type Tool } from "rlm-core";
import { detached } from "./detached.ts";

/** What LangChain's retrievers have: a query in, documents out. */
export interface RetrieverLike {
  name?: string | undefined;
  lc_namespace: string[];
  invoke(query: string, config?: Partial<RunnableConfig>): Promise<DocumentInterface[]>;
}

/** A tool or a retriever of LangChain. */
export type LangChainTool = StructuredToolInterface | RunnableToolLike | RetrieverLike;

/** What the code may do with it: `inherit`, `approve`, `maxCalls`, `timeoutMs` and `maxResultChars` as in a `Tool` of rlm-core. */
export interface ReplToolOptions extends Pick<
  Tool,
  "inherit" | "approve" | "maxCalls" | "timeoutMs" | "maxResultChars"
> {
  /** An identifier, by which the code calls it. @default its own name, with _ for what no identifier has */
  name?: string;
  /** @default its own */
  description?: string;
}

/**
 * A tool or a retriever of LangChain as a host tool of the REPL: `await tools.name(args)`. Its arguments are checked by its
 * schema before it is called, and its result is its content, without an artifact; a retriever takes `{ query }` and gives
 * `{ pageContent, metadata }[]`. Throws InputError for what cannot be called so.
 */
export function replTool(tool: LangChainTool, options: ReplToolOptions = {}): Tool {
  const { name, description, parameters, call } = isRetriever(tool) ? ofRetriever(tool) : ofTool(tool);
  const { name: given, description: words, ...bounds } = options;
  const called = given ?? identifierOf(name);
  return {
    ...bounds,
    name: called,
    description: words ?? description,
    parameters,
    run: async (args, { signal }) => {
      try {
        return await detached(async (config) => await call(args, config), signal);
      } catch (error) {
        throw signal.aborted ? error : failure(error, called);
      }
    },
  };
}

export function isRetriever(tool: object): tool is RetrieverLike {
  return (
    "invoke" in tool &&
    !("schema" in tool) &&
    ("getRelevantDocuments" in tool || "_getRelevantDocuments" in tool || "vectorStore" in tool)
  );
}

interface Callable extends Pick<Tool, "name" | "description" | "parameters"> {
  call(args: Record<string, unknown>, config: RunnableConfig): Promise<unknown>;
}

function ofTool(tool: StructuredToolInterface | RunnableToolLike): Callable {
  const { name, description = "", schema } = tool;
  return {
    name,
    description,
    parameters: parametersOf(name, schema),
    call: async (args, config) => resultOf(await tool.invoke(args, config)),
  };
}

function ofRetriever(retriever: RetrieverLike): Callable {
  return {
    name: retriever.name ?? "retrieve",
    description: "Searches for documents. Returns `{ pageContent: string, metadata: object }[]`.",
    parameters: {
      type: "object",
      properties: { query: { type: "string" } },
      required: ["query"],
      additionalProperties: false,
    },
    call: async ({ query }, config) => {
      const documents = await retriever.invoke(String(query), config);
      return documents.map(({ pageContent, metadata }) => ({ pageContent, metadata }));
    },
  };
}

function parametersOf(name: string, schema: unknown): JsonSchema {
  try {
    // What is given, not what becomes of it: a field with a default may be left out.
    const made: JsonSchema = { ...toJsonSchema(schema as Parameters<typeof toJsonSchema>[0], { io: "input" }) };
    const { $schema: _, ...parameters } = made;
    return parameters;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`Cannot offer the tool "${name}" to the code: its schema is no JSON Schema: ${reason}`, {
      cause,
    });
  }
}

/** A name by which code can call it; what cannot be made one is left for the check to refuse. */
function identifierOf(name: string): string {
  const plain = name.replaceAll(/[^\w$]+/g, "_");
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

/** What the code gets of what a tool returned. */
function resultOf(output: unknown): unknown {
  if (isCommand(output)) throw new RlmError("tool", "it returns a Command, which only an agent can follow");
  if (!BaseMessage.isInstance(output)) return output;
  if (ToolMessage.isInstance(output) && output.status === "error") throw new RlmError("tool", output.text);
  return typeof output.content === "string" ? output.content : output.text;
}

const maxErrorChars = 2_000;

/** What the code may read of an error. */
function failure(error: unknown, name: string): RlmError {
  const reason = isInterrupt(error)
    ? "it asks a person by an interrupt, which code cannot wait for; give it to the code by replTool(tool, { approve: true })"
    : error instanceof Error
      ? error.message
      : String(error);
  const short = reason.length > maxErrorChars ? `${reason.slice(0, maxErrorChars)}…` : reason;
  return new RlmError("tool", `Cannot use the result of tools.${name}: ${short}`, { cause: error });
}

/** Whether a tool has called `interrupt`, which there is refused for want of a checkpointer: one would not help. */
function isInterrupt(error: unknown): boolean {
  const { lc_error_code: code } = Object(error) as { lc_error_code?: unknown };
  return isGraphBubbleUp(error) || code === "MISSING_CHECKPOINTER";
}
