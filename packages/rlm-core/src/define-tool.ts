import { toJSONSchema, type output, type ZodType } from "zod";
import { InputError, RlmError } from "./errors.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Tool } from "./tool.ts";

/** A {@link Tool} whose `run` gets what `parameters` says. */
export type ToolDefinition<Parameters extends ZodType | JsonSchema> = Omit<Tool, "parameters" | "run"> & {
  /** Of the one argument, an object: a zod 4 schema, whose refinements and transforms run here before `run`, or a JSON Schema. */
  parameters: Parameters;
  run(
    args: Parameters extends ZodType ? output<Parameters> : Record<string, unknown>,
    options: { signal: AbortSignal },
  ): unknown;
};

/**
 * A function of yours as a host tool, its arguments typed and checked by a zod 4 schema or a JSON Schema.
 * Throws {@link InputError} if zod cannot say the schema as a JSON Schema.
 */
export function defineTool<const Parameters extends ZodType | JsonSchema>(
  definition: ToolDefinition<Parameters>,
): Tool {
  const { parameters, run, ...rest } = definition;
  if (!isZod(parameters)) {
    const plain = run as (args: Record<string, unknown>, options: { signal: AbortSignal }) => unknown;
    return { ...rest, parameters, run: async (args, options) => await plain(args, options) };
  }
  return {
    ...rest,
    parameters: fromZod(rest.name, parameters),
    run: async (args, options) => {
      const parsed = await parameters.safeParseAsync(args);
      if (!parsed.success) {
        const issues = parsed.error.issues.map(({ path, message }) => `${path.join("/") || "the value"}: ${message}.`);
        throw new RlmError("tool", `Cannot call ${rest.name} with these arguments: ${issues.join(" ")}`);
      }
      return await run(parsed.data as Parameters extends ZodType ? output<Parameters> : never, options);
    },
  };
}

function fromZod(name: string, parameters: ZodType): JsonSchema {
  try {
    // What the code gives, not what a transform makes of it.
    const { $schema, ...schema } = toJSONSchema(parameters, { io: "input" });
    return schema;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`Cannot use the parameters of tool "${name}": ${reason}`, { cause });
  }
}

function isZod(parameters: ZodType | JsonSchema): parameters is ZodType {
  return "_zod" in parameters;
}
