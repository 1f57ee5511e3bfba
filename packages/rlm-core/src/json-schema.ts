import { dereference, Validator } from "@cfworker/json-schema";
import { formProblem } from "./schema-form.ts";

/** A JSON Schema (draft 2020-12) as plain data. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Why a value does not fit a schema, in a sentence; undefined if it fits. Interprets the schema, generates no code. */
export function misfit(value: unknown, schema: JsonSchema): string | undefined {
  // The validator knows JSON values only.
  if (value === undefined) return "the value: it is not JSON.";
  const { valid, errors } = new Validator(schema, "2020-12").validate(value);
  if (valid) return undefined;
  // The errors of what is around only say where; those inside say what.
  const inner = errors.filter(({ keyword }) => !outer.has(keyword));
  const reasons = (inner.length > 0 ? inner : errors).slice(-3);
  return reasons
    .map(({ instanceLocation, error }) => `${instanceLocation.slice(2) || "the value"}: ${error}`)
    .join(" ");
}

const outer = new Set(["properties", "items", "prefixItems", "allOf", "anyOf", "oneOf"]);

const maxSchemaChars = 16_384;
const maxSchemaDepth = 8;
const forbidden = ["$ref", "$dynamicRef", "$recursiveRef", "$id", "pattern", "patternProperties", "format"];

/** Why a schema that a caller gives cannot be used; undefined if it can. It may have what one of code may not: the caller is trusted. */
export function callersSchemaProblem(schema: JsonSchema): string | undefined {
  try {
    // A copy, for the validator writes into what it follows.
    const copy: unknown = JSON.parse(JSON.stringify(schema));
    return formProblem(copy, []) ?? refProblem(copy);
  } catch (error) {
    return `it is not JSON (${error instanceof Error ? error.message : String(error)})`;
  }
}

function refProblem(schema: unknown): string | undefined {
  const known = dereference(schema as JsonSchema);
  const parts = Object.values<JsonSchema | boolean>(known).filter((part) => typeof part === "object");
  const lost = parts.find(({ __absolute_ref__: ref }) => typeof ref === "string" && known[ref] === undefined);
  return lost && `"$ref" leads nowhere: ${JSON.stringify(lost["$ref"])}`;
}

/** Why a schema that comes from code in the REPL is refused; undefined if it is not. Bounded, for it is hostile input. */
export function schemaProblem(schema: unknown): string | undefined {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return "a schema has to be an object";
  const { length } = JSON.stringify(schema);
  if (length > maxSchemaChars) return `a schema may have ${maxSchemaChars} characters, this one has ${length}`;
  return depthProblem(schema, 1) ?? formProblem(schema, forbidden);
}

function depthProblem(node: object, depth: number): string | undefined {
  if (depth > maxSchemaDepth * 2) return `a schema may be ${maxSchemaDepth} levels deep`;
  for (const [keyword, value] of Object.entries(node)) {
    // A property may be called "format"; there its value is a schema.
    if (forbidden.includes(keyword) && (!isSchema(value) || keyword === "patternProperties"))
      return `"${keyword}" is not allowed in a schema`;
    const problem = typeof value === "object" && value !== null ? depthProblem(value, depth + 1) : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isSchema(value: unknown): boolean {
  return typeof value === "boolean" || (typeof value === "object" && value !== null && !Array.isArray(value));
}
