import { createHash } from "node:crypto";
import { readingOf } from "./file-ref.ts";
import type { SubCall } from "./sandbox.ts";
import { slicesOf } from "./text-slices.ts";

/** SHA-256 as 64 hex digits; of a text, that of its UTF-8 bytes. */
export function sha256(text: string | Uint8Array): string {
  const hash = createHash("sha256");
  if (typeof text !== "string") return hash.update(text).digest("hex");
  // The hash copies what it is given as bytes: in one piece a long text would be in memory twice.
  for (const slice of slicesOf(text)) hash.update(slice, "utf8");
  return hash.digest("hex");
}

/** The content hash of a call: of kind, name, prompt, context and options, whatever order their keys have; not of its id. */
export function hashCall({ kind, name, prompt, context, options }: Omit<SubCall, "id" | "hash">): string {
  const given = context !== undefined && "ref" in context ? { ref: readingOf(context.ref) } : context;
  return sha256(canonicalJson({ kind, name, prompt, context: given, options }));
}

/** JSON text with the keys of every object sorted, so that equal data gives equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).toSorted(byKey)) : part,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
