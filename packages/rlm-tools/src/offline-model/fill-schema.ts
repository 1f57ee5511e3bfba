import type { JsonSchema } from "rlm-core";
import type { Quote, Reading } from "./guest/read-passage.ts";

/**
 * Puts what was read into the form of a schema, by the types and names of its properties: an array of objects has one
 * for each passage (inside of a passage: for each sentence); numbers are counts, unless they are called id or year.
 */
export function fillSchema(schema: JsonSchema, readings: readonly (Reading & { id: number })[]): unknown {
  const quotes = readings.flatMap((reading) => reading.quotes);
  const mentions = readings.reduce((sum, reading) => sum + reading.mentions, 0);
  const children = readings.map((reading) => ({
    id: reading.id,
    mentions: reading.mentions,
    quotes: reading.quotes,
    children: reading.quotes.map((quote) => ({ id: reading.id, mentions: 1, quotes: [quote], children: [] })),
  }));
  return valueOf(schema, "", { id: readings[0]?.id ?? 0, mentions, quotes, children });
}

/** What one value of the reply is about: all passages, one of them, or one sentence. */
interface Part {
  id: number;
  mentions: number;
  quotes: readonly Quote[];
  children: readonly Part[];
}

function valueOf(schema: unknown, name: string, part: Part): unknown {
  if (!isObject(schema)) return null;
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return choice(schema.enum, part.mentions > 0);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const type: unknown = types.find((one) => one !== "null") ?? "null";
  if (type === "array") return listOf(schema.items, part);
  if (type === "object") {
    const properties = isObject(schema.properties) ? schema.properties : {};
    return Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, valueOf(inner, key, part)]));
  }
  if (type === "boolean") return part.mentions > 0;
  const [quote] = part.quotes;
  const nullable = types.includes("null");
  if (type === "integer" || type === "number") {
    if (/^(?:id|index|number)$/i.test(name)) return part.id;
    if (!/year|when|date/i.test(name)) return part.mentions;
    return Number(/\d{4}/.exec(quote?.when ?? "")?.[0] ?? (nullable ? NaN : 0)) || (nullable ? null : 0);
  }
  if (type === "string") return textFor(name, quote) ?? (nullable ? null : "");
  return null;
}

function listOf(items: unknown, part: Part): unknown[] {
  if (isObject(items) && items.type === "object" && part.children.length > 0)
    return part.children.map((child) => valueOf(items, "", child));
  return part.quotes.map((quote) => valueOf(items, "", { ...part, mentions: 1, quotes: [quote] }));
}

function textFor(name: string, quote: Quote | undefined): string | null {
  if (/when|date|time|year/i.test(name)) return quote?.when ?? null;
  if (/who|name|speaker|author/i.test(name)) return quote?.who ?? null;
  return quote?.sentence ?? null;
}

/** A yes or a no of a set of labels; its last where it has neither. */
function choice(labels: readonly unknown[], found: boolean): unknown {
  const wanted = found ? ["yes", "true", true] : ["no", "none", "false", false, null];
  return (
    labels.find((label) =>
      wanted.includes(typeof label === "string" ? label.toLowerCase() : (label as boolean | null)),
    ) ?? labels.at(-1)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
