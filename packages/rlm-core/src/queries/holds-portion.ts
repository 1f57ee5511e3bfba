import { misfit } from "../json-schema.ts";
import type { CallValue, SubCall } from "../sandbox.ts";

/** Whether a reply to llm_map has a value that fits for each item of the portion, as the guest reads it. */
export function holdsPortion({ text, json }: CallValue, { schema, numbers }: NonNullable<SubCall["portion"]>): boolean {
  if (!json) return false;
  const { values } = JSON.parse(text) as { values?: unknown };
  if (typeof values !== "object" || values === null) return false;
  const byNumber = new Map<unknown, unknown>(Array.isArray(values) ? values.map(pairOf) : Object.entries(values));
  const key = (number: number): unknown => (Array.isArray(values) ? number : `${number}`);
  return numbers.every((number) => misfit(byNumber.get(key(number)), schema) === undefined);
}

function pairOf(entry: unknown): [unknown, unknown] {
  const { item, value } = (entry ?? {}) as { item?: unknown; value?: unknown };
  return [item, value];
}
