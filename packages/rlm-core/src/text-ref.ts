import { createHash } from "node:crypto";
import { sha256 } from "./hash.ts";

/**
 * The reference of a text in every run store: `sha256:<hex>` of its UTF-8 bytes. A text with half a surrogate pair
 * (code that slices a string makes them) has no UTF-8 form that keeps it: its reference is `sha256-utf16:<hex>`, of its UTF-16LE bytes.
 */
export function textRef(text: string): string {
  if (text.isWellFormed()) return `sha256:${sha256(text)}`;
  return `sha256-utf16:${createHash("sha256").update(text, "utf16le").digest("hex")}`;
}

/** The parts of a text's reference; undefined if it is not one. */
export function parseTextRef(ref: string): { hash: string; encoding: "utf8" | "utf16le" } | undefined {
  const [, utf16, hash] = /^sha256(-utf16)?:([0-9a-f]{64})$/.exec(ref) ?? [];
  return hash === undefined ? undefined : { hash, encoding: utf16 === undefined ? "utf8" : "utf16le" };
}
