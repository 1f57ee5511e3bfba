import type { ContextRef } from "rlm-core";

/** Whether a value is what `storeContexts` of rlm-core gives for a context. */
export function isContextRef(value: unknown): value is ContextRef {
  if (typeof value !== "object" || value === null) return false;
  const fields: Partial<Record<keyof ContextRef, unknown>> = value;
  return (
    typeof fields.name === "string" &&
    typeof fields.kind === "string" &&
    typeof fields.length === "number" &&
    typeof fields.prefix === "string" &&
    typeof fields.ref === "string" &&
    /^(?:sha256|file)[:-]/.test(fields.ref)
  );
}
