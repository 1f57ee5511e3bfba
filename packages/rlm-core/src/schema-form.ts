/**
 * What is wrong with the form of a schema; undefined if nothing is. The validator takes keywords as they come: it makes a
 * RegExp of a list too, lets a type that does not exist fit nothing, and throws where a list or a schema is none.
 * `forbidden`: keywords that may not be in it; none for a caller's schema, which may also have keywords unknown here.
 */
export function formProblem(schema: unknown, forbidden: readonly string[]): string | undefined {
  if (typeof schema === "boolean") return undefined;
  if (!isRecord(schema)) return "a schema has to be an object";
  for (const [keyword, value] of Object.entries(schema)) {
    if (forbidden.includes(keyword) || keyword.startsWith("__")) return `"${keyword}" is not allowed in a schema`;
    const inside = (forms.get(keyword) ?? (forbidden.length > 0 ? scalar : anything))(value);
    if (inside === undefined) return `"${keyword}" cannot be ${JSON.stringify(value).slice(0, 100)}`;
    for (const part of inside) {
      const problem = formProblem(part, forbidden);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
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
const isNames = (value: unknown): boolean => Array.isArray(value) && value.every((name) => typeof name === "string");

const types: readonly unknown[] = ["null", "boolean", "object", "array", "number", "string", "integer"];
const text = plain((value) => typeof value === "string");

const forms = new Map<string, Form>([
  ...named(
    ["type"],
    plain((value) => [value].flat().every((name) => types.includes(name))),
  ),
  ...named(["required"], plain(isNames)),
  ...named(["enum"], plain(Array.isArray)),
  ...named(["const", "default", "examples", "title", "description", "deprecated", "readOnly", "writeOnly"], anything),
  ...named(["$schema", "$comment", "$ref", "$id", "$anchor", "format"], text),
  ...named(["pattern"], plain(isPattern)),
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
  ...named(["properties", "dependentSchemas", "$defs", "definitions"], namedSchemas),
  ...named(["patternProperties"], (value) =>
    isRecord(value) && Object.keys(value).every(isPattern) ? Object.values(value) : undefined,
  ),
]);

function named(keywords: readonly string[], form: Form): (readonly [string, Form])[] {
  return keywords.map((keyword) => [keyword, form] as const);
}

// As the validator makes it.
function isPattern(value: unknown): boolean {
  try {
    return typeof value === "string" && new RegExp(value, "u").unicode;
  } catch {
    return false;
  }
}

function isSchema(value: unknown): boolean {
  return typeof value === "boolean" || isRecord(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
