import { Validator } from "@cfworker/json-schema";

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

/** Why a schema that comes from code in the REPL is refused; undefined if it is not. Bounded, for it is hostile input. */
export function schemaProblem(schema: unknown): string | undefined {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return "a schema has to be an object";
  const { length } = JSON.stringify(schema);
  if (length > maxSchemaChars) return `a schema may have ${maxSchemaChars} characters, this one has ${length}`;
  return depthProblem(schema, 1) ?? formProblem(schema, guestRules);
}

/** Why a schema that the caller gives cannot be used; undefined if it can. All of draft 2020-12 is allowed, and keywords of others. */
export function formatProblem(schema: JsonSchema): string | undefined {
  try {
    return formProblem(JSON.parse(JSON.stringify(schema)), hostRules) ?? trial(schema);
  } catch (error) {
    return `it is not JSON (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** What only the validator sees, such as a $ref to what is not there. */
function trial(schema: JsonSchema): string | undefined {
  try {
    for (const value of [null, {}, [], "", 0]) misfit(value, schema);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/\s+/g, " ").slice(0, 300) : String(error);
  }
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

// The validator takes keywords as they come: it makes a RegExp of a list too, and throws where a list or a schema is none.
function formProblem(schema: unknown, rules: Rules): string | undefined {
  if (typeof schema === "boolean") return undefined;
  if (!isRecord(schema)) return "a schema has to be an object";
  for (const [keyword, value] of Object.entries(schema)) {
    if (rules.refuses(keyword)) return `"${keyword}" is not allowed in a schema`;
    const inside = (rules.forms.get(keyword) ?? rules.other)(value);
    if (inside === undefined) return `"${keyword}" cannot be ${JSON.stringify(value).slice(0, 100)}`;
    for (const part of inside) {
      const problem = formProblem(part, rules);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

interface Rules {
  refuses(keyword: string): boolean;
  forms: ReadonlyMap<string, Form>;
  /** Of keywords without a form. */
  other: Form;
}

/** The schemas in a keyword's value; undefined if it cannot be one. */
type Form = (value: unknown) => readonly unknown[] | undefined;

const plain =
  (fits: (value: unknown) => boolean): Form =>
  (value) =>
    fits(value) ? [] : undefined;
const schema: Form = (value) => (isSchema(value) ? [value] : undefined);
const schemas: Form = (value) => (Array.isArray(value) ? value : undefined);
const namedSchemas: Form = (value) => (isRecord(value) ? Object.values(value) : undefined);
const anything = plain(() => true);
// Of a keyword that is not known here: no validator looks into it.
const scalar = plain((value) => typeof value !== "object");
const number = plain((value) => typeof value === "number");
const types: readonly unknown[] = ["null", "boolean", "object", "array", "number", "integer", "string"];
const isNames = (value: unknown): boolean => Array.isArray(value) && value.every((name) => typeof name === "string");

const forms = new Map<string, Form>([
  ...named(
    ["type"],
    plain((value) => [value].flat().every((type) => types.includes(type))),
  ),
  ...named(["required"], plain(isNames)),
  ...named(["enum"], plain(Array.isArray)),
  ...named(["const", "default", "examples", "title", "description", "deprecated", "readOnly", "writeOnly"], anything),
  ...named(
    ["$schema", "$comment"],
    plain((value) => typeof value === "string"),
  ),
  ...named(
    ["uniqueItems"],
    plain((value) => typeof value === "boolean"),
  ),
  ...named(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"], number),
  ...named(["minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains"], number),
  ...named(["minProperties", "maxProperties"], number),
  ...named(["items", "additionalProperties", "propertyNames", "contains", "unevaluatedItems"], schema),
  ...named(["unevaluatedProperties", "not", "if", "then", "else"], schema),
  ...named(["allOf", "anyOf", "oneOf", "prefixItems"], schemas),
  ...named(["properties", "dependentSchemas", "$defs"], namedSchemas),
]);

const guestRules: Rules = {
  refuses: (keyword) => forbidden.includes(keyword) || keyword.startsWith("__"),
  forms,
  other: scalar,
};

const hostRules: Rules = {
  refuses: () => false,
  forms: new Map([
    ...forms,
    ...named(["pattern"], plain(isPattern)),
    ...named(["patternProperties"], (value) =>
      isRecord(value) && Object.keys(value).every(isPattern) ? Object.values(value) : undefined,
    ),
    // A tuple of older drafts.
    ...named(["items"], (value) => schema(value) ?? schemas(value)),
    ...named(["definitions"], namedSchemas),
    ...named(
      ["$ref", "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "format"],
      plain((value) => typeof value === "string"),
    ),
  ]),
  other: anything,
};

function named(keywords: readonly string[], form: Form): (readonly [string, Form])[] {
  return keywords.map((keyword) => [keyword, form] as const);
}

function isSchema(value: unknown): boolean {
  return typeof value === "boolean" || isRecord(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPattern(value: unknown): boolean {
  try {
    return typeof value === "string" && new RegExp(value, "u") instanceof RegExp;
  } catch {
    return false;
  }
}
