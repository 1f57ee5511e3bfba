import { createHash } from "node:crypto";
import { sha256 } from "./hash.ts";
import { sliceLength, slicesInTurns } from "./text-slices.ts";

/**
 * The reference of a text in every run store: `sha256:<hex>` of its UTF-8 bytes. A text with half a surrogate pair
 * (code that slices a string makes them) has no UTF-8 form that keeps it: its reference is `sha256-utf16:<hex>`, of its UTF-16LE bytes.
 */
export function textRef(text: string): string {
  if (text.isWellFormed()) return `sha256:${sha256(text)}`;
  return `sha256-utf16:${createHash("sha256").update(text, "utf16le").digest("hex")}`;
}

/** What {@link textRef} gives, with turns of the event loop in between if the text is long. */
export async function textRefInTurns(text: string): Promise<string> {
  if (text.length <= sliceLength) return textRef(text);
  const hash = createHash("sha256");
  for await (const slice of slicesInTurns(text)) {
    if (!slice.isWellFormed()) return await halfPairRef(text);
    hash.update(slice, "utf8");
  }
  return `sha256:${hash.digest("hex")}`;
}

/** The parts of a text's reference; undefined if it is not one. */
export function parseTextRef(ref: string): { hash: string; encoding: "utf8" | "utf16le" } | undefined {
  const [, utf16, hash] = /^sha256(-utf16)?:([0-9a-f]{64})$/.exec(ref) ?? [];
  return hash === undefined ? undefined : { hash, encoding: utf16 === undefined ? "utf8" : "utf16le" };
}

async function halfPairRef(text: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const slice of slicesInTurns(text)) hash.update(slice, "utf16le");
  return `sha256-utf16:${hash.digest("hex")}`;
}
