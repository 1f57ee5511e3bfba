import { createHash } from "node:crypto";

/** SHA-256 as 64 hex digits; of a text, that of its UTF-8 bytes. */
export function sha256(text: string | Uint8Array): string {
  const hash = createHash("sha256");
  if (typeof text !== "string") return hash.update(text).digest("hex");
  for (const slice of slices(text)) hash.update(slice, "utf8");
  return hash.digest("hex");
}

const sliceLength = 8_000_000;

// The hash copies what it is given as bytes: in one piece a long text would be in memory twice.
function* slices(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + sliceLength, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end += 1;
    yield text.slice(start, end);
    start = end;
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
