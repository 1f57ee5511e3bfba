/** A JSON Schema as a TypeScript type in one line, as far as a type can say it; what its fields are for stands beside them. */
export function typeOfSchema(schema: unknown): string {
  return typeOf(schema, { root: schema, depth: 0 });
}

/** `depth` ends what refers to itself, and what nobody would read. */
interface Place {
  root: unknown;
  depth: number;
}

const maxDepth = 8;

function typeOf(schema: unknown, place: Place): string {
  if (schema === false) return "never";
  if (!isRecord(schema) || place.depth > maxDepth) return "unknown";
  const inner = { ...place, depth: place.depth + 1 };
  const { $ref, type, anyOf, oneOf, allOf } = schema;
  if (typeof $ref === "string") return typeOf(resolve($ref, place.root), inner);
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (Array.isArray(schema["enum"])) return union(schema["enum"].map((value) => JSON.stringify(value)));
  const either = anyOf ?? oneOf;
  if (Array.isArray(either)) return union(either.map((one) => typeOf(one, inner)));
  if (Array.isArray(allOf))
    return union(
      allOf.map((one) => grouped(typeOf(one, inner))),
      " & ",
    );
  if (Array.isArray(type)) return union(type.map((one) => typeOf({ ...schema, type: one }, inner)));
  if (type === "array") return arrayType(schema, inner);
  if (type === "object" || (type === undefined && "properties" in schema)) return objectType(schema, inner);
  if (type === "integer") return "number";
  return typeof type === "string" ? type : "unknown";
}

function union(types: readonly string[], by = " | "): string {
  return [...new Set(types)].join(by) || "unknown";
}

function grouped(type: string): string {
  return / [|&] /.test(type) && !/^\{.*\}$/.test(type) ? `(${type})` : type;
}

function arrayType({ prefixItems, items }: Record<string, unknown>, place: Place): string {
  if (Array.isArray(prefixItems)) return `[${prefixItems.map((item) => typeOf(item, place)).join(", ")}]`;
  const item = typeOf(items, place);
  return item.includes(" | ") || item.includes(" & ") ? `(${item})[]` : `${item}[]`;
}

function objectType({ properties, required, additionalProperties }: Record<string, unknown>, place: Place): string {
  const needed: unknown[] = Array.isArray(required) ? required : [];
  const fields = Object.entries(isRecord(properties) ? properties : {}).map(
    ([name, value]) =>
      `${fieldName(name)}${needed.includes(name) ? "" : "?"}: ${typeOf(value, place)}${purpose(value)}`,
  );
  if (fields.length > 0) return `{ ${fields.join("; ")} }`;
  return isRecord(additionalProperties) ? `Record<string, ${typeOf(additionalProperties, place)}>` : "object";
}

function fieldName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** A comment with a field's description and default. */
function purpose(schema: unknown): string {
  if (!isRecord(schema)) return "";
  const { description } = schema;
  const parts = [
    ...(typeof description === "string" ? [description.replaceAll(/\s+/g, " ").trim()] : []),
    ...("default" in schema ? [`default ${JSON.stringify(schema["default"])}`] : []),
  ].filter((part) => part !== "");
  // Nothing in it may end the comment.
  return parts.length === 0 ? "" : ` /* ${parts.join("; ").slice(0, 300).replaceAll("*/", "* /")} */`;
}

/** What a reference inside of the schema points to. */
function resolve(ref: string, root: unknown): unknown {
  if (!ref.startsWith("#")) return undefined;
  const keys = ref.slice(1).split("/").slice(1);
  return keys.reduce<unknown>((node, key) => {
    const name = key.replaceAll("~1", "/").replaceAll("~0", "~");
    return (isRecord(node) || Array.isArray(node)) && Object.hasOwn(node, name)
      ? (node as Record<string, unknown>)[name]
      : undefined;
  }, root);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
